import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import { ApiError } from "@/shared/api/problem";
import type { Issue, Spec } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";

/** Every problem of a spec, with its field; nothing is saved. A spec that cannot even be read is one problem, too. */
export const validateQuery = (spec: Spec) =>
  queryOptions({
    queryKey: ["validate", writeJson(spec)],
    queryFn: async ({ signal }): Promise<Issue[]> => {
      try {
        return (await answer(client.POST("/api/v1/validate", { body: spec, signal }))).errors;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 400 || error.status === 422)) return error.issues;
        throw error;
      }
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 60_000,
    retry: false,
  });

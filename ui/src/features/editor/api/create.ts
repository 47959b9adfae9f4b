import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { Spec } from "@/shared/api/types";

/** Saves a new pipeline; it runs at once unless its state says otherwise. */
export function useCreate() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (spec: Spec) => answer(client.POST("/api/v1/pipelines", { body: spec })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
}

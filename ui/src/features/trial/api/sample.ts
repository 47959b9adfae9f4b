import { useMutation } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { SampleRequest } from "@/shared/api/types";

/** Events generated from a schema, or the newest ones of a topic. */
export const useSample = () =>
  useMutation({
    mutationFn: async (request: SampleRequest) => (await answer(client.POST("/api/v1/sample-events", { body: request }))).events,
  });

import { useMutation } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { Spec, TestEvent } from "@/shared/api/types";

/** What is tried: a spec as it is typed, or a saved pipeline. */
export type Trial = { spec: Spec } | { pipeline: string };

/** Runs events through the same processors as in production; nothing is produced. */
export const useRun = () =>
  useMutation({
    mutationFn: async ({ of, events }: { of: Trial; events: TestEvent[] }) =>
      (await answer(client.POST("/api/v1/test-runs", { body: { ...of, events } }))).results,
  });

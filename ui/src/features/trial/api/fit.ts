import { useMutation } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { Spec } from "@/shared/api/types";

/** How many events are generated from the incoming schema; edge cases come on top. */
const generated = 100;

/** Checks a spec and runs generated events through it: whether what comes out fits what is to take it. */
export const useFit = () =>
  useMutation({
    mutationFn: (spec: Spec) => answer(client.POST("/api/v1/validate", { params: { query: { events: generated } }, body: spec })),
  });

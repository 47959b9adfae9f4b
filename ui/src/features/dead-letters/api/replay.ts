import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { DeadLetterReplay, DeadLetterReplayed } from "@/shared/api/types";

/** Sends dead letters through the pipeline once more, call after call until the whole selection is done. */
export function useReplayDeadLetters(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (what: DeadLetterReplay) => {
      const sum: DeadLetterReplayed = { replayed: 0, already_replayed: 0, loop_guard: 0, not_found: 0, refused: 0, remaining: 0 };
      for (;;) {
        const part = await answer(
          client.POST("/api/v1/pipelines/{name}/dead-letters:replay", { params: { path: { name } }, body: what }),
        );
        // What the calls before this one have replayed is counted by it, too.
        sum.already_replayed = Math.max(sum.already_replayed, part.already_replayed - sum.replayed);
        sum.replayed += part.replayed;
        sum.loop_guard = Math.max(sum.loop_guard, part.loop_guard);
        sum.not_found = Math.max(sum.not_found, part.not_found);
        sum.refused = Math.max(sum.refused, part.refused);
        sum.remaining = part.remaining;
        if (part.remaining === 0 || part.replayed === 0) return sum;
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["dead-letters", name] }),
  });
}

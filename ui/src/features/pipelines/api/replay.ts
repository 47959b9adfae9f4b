import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { Replay } from "@/shared/api/types";

/** Moves the place from which a pipeline reads. */
export function useReplay(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (to: Replay) => answer(client.POST("/api/v1/pipelines/{name}:replay", { params: { path: { name } }, body: to })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** Makes an earlier revision the newest one. */
export function useRollback(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (revision: number) =>
      answer(client.POST("/api/v1/pipelines/{name}:rollback", { params: { path: { name } }, body: { revision } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
}

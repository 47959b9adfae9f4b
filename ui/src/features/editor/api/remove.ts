import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** Deletes a pipeline as it was read; its history and topics stay. */
export function useRemove(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (revision: number) =>
      answer(client.DELETE("/api/v1/pipelines/{name}", { params: { path: { name }, header: { "If-Match": `"${revision}"` } } })),
    onSuccess: () => queries.removeQueries({ queryKey: ["pipelines"] }),
  });
}

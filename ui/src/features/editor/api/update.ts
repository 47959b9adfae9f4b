import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { Spec } from "@/shared/api/types";

/** Saves a changed spec over the revision it was made from; the server refuses with 412 when there is a newer one. */
export function useUpdate(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ spec, revision }: { spec: Spec; revision: number }) =>
      answer(
        client.PUT("/api/v1/pipelines/{name}", { params: { path: { name }, header: { "If-Match": `"${revision}"` } }, body: spec }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
}

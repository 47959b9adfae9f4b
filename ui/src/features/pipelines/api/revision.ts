import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** One revision with its spec. It never changes. */
export const revisionQuery = (name: string, revision: number) =>
  queryOptions({
    queryKey: ["revision", name, revision],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/v1/pipelines/{name}/revisions/{revision}", { params: { path: { name, revision } }, signal })),
    staleTime: Infinity,
  });

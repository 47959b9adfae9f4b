import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** The history of a pipeline, newest first. */
export const revisionsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["pipelines", "revisions", name],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/v1/pipelines/{name}/revisions", {
          params: { path: { name }, query: { cursor: pageParam || undefined, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

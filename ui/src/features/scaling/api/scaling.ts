import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** How a pipeline is scaled right now, and how that came to be, the newest change first. */
export const scalingQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ["pipelines", "scaling", name],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/v1/pipelines/{name}/scaling", {
          params: { path: { name }, query: { cursor: pageParam || undefined, limit: 50 } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: 5000,
  });

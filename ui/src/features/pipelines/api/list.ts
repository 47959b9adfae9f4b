import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

export interface ListFilter {
  search?: string;
}

/** The pipelines with their status, a page at a time. */
export const pipelinesQuery = (filter: ListFilter = {}) =>
  infiniteQueryOptions({
    queryKey: ["pipelines", "list", filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/v1/pipelines", {
          params: { query: { search: filter.search || undefined, cursor: pageParam || undefined, limit: 200 } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** Topics of the cluster by name, a page at a time. */
export const topicsQuery = (search = "", internal = false) =>
  infiniteQueryOptions({
    queryKey: ["topics", search, internal],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/v1/topics", {
          params: { query: { search: search || undefined, internal: internal || undefined, cursor: pageParam || undefined, limit: 200 } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

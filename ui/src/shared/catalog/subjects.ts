import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** Subjects of the schema registry by name, a page at a time. */
export const subjectsQuery = (search = "") =>
  infiniteQueryOptions({
    queryKey: ["subjects", search],
    queryFn: ({ pageParam, signal }) =>
      answer(
        client.GET("/api/v1/schemas", {
          params: { query: { search: search || undefined, cursor: pageParam || undefined, limit: 200 } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** Who changed what, newest first; of one pipeline or of all. */
export const auditQuery = (pipeline?: string) =>
  infiniteQueryOptions({
    queryKey: ["audit", pipeline],
    queryFn: ({ pageParam, signal }) =>
      answer(client.GET("/api/v1/audit", { params: { query: { pipeline, cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

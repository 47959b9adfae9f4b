import { queryOptions, useQuery } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** Who is asking, and what they may do. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => answer(client.GET("/api/v1/session", { signal })),
  staleTime: 60_000,
});

const roles = ["viewer", "editor", "operator", "admin"] as const;

/**
 * Whether the caller's role reaches so far: editors save and try pipelines, operators also pause and replay. The server
 * decides; this only keeps the page from offering what it would refuse.
 */
export function useMay(role: (typeof roles)[number]): boolean {
  const { data } = useQuery(sessionQuery);
  return !data || roles.indexOf(data.role) >= roles.indexOf(role);
}

import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** The pipeline to edit, as it is now. It is not read again behind the editor's back. */
export const editedQuery = (name: string) =>
  queryOptions({
    queryKey: ["edited", name],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/pipelines/{name}", { params: { path: { name } }, signal })),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** Functions of the transform directory, and files that cannot be used. */
export const transformsQuery = (search = "") =>
  queryOptions({
    queryKey: ["transforms", search],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/transforms", { params: { query: { search: search || undefined } }, signal })),
  });

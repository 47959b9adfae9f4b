import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** One function with its doc comment, parameters and source. */
export const transformQuery = (id: string) =>
  queryOptions({
    queryKey: ["transform", id],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/transforms/{id}", { params: { path: { id } }, signal })),
  });

import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "../api/client";

/** One subject: its versions, its compatibility and who uses it. */
export const subjectQuery = (subject: string) =>
  queryOptions({
    queryKey: ["subject", subject],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/schemas/{subject}", { params: { path: { subject } }, signal })),
  });

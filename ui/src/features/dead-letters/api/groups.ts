import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** What failed, grouped by cause, with the newest records of each group. */
export const deadLettersQuery = (name: string) =>
  queryOptions({
    queryKey: ["dead-letters", name],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/v1/pipelines/{name}/dead-letters", { params: { path: { name }, query: { records: 20 } }, signal })),
  });

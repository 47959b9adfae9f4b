import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** What is observed of one pipeline right now; live updates follow over the event stream. */
export const statusQuery = (name: string) =>
  queryOptions({
    queryKey: ["pipelines", "status", name],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/v1/pipelines/{name}/status", { params: { path: { name } }, signal })),
  });

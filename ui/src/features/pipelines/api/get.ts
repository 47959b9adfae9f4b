import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** One saved pipeline. Its revision is the ETag that a change must name. */
export const pipelineQuery = (name: string) =>
  queryOptions({
    queryKey: ["pipelines", "one", name],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/v1/pipelines/{name}", { params: { path: { name } }, signal })),
  });

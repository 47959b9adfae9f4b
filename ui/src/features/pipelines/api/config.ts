import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** The stream config as it was pushed to the engines, as YAML. */
export const configQuery = (name: string) =>
  queryOptions({
    queryKey: ["pipelines", "config", name],
    queryFn: ({ signal }) =>
      answer(
        client.GET("/api/v1/pipelines/{name}/config", {
          params: { path: { name } },
          headers: { Accept: "application/yaml" },
          parseAs: "text",
          signal,
        }),
      ),
  });

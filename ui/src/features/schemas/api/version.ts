import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** One version of a subject with its text. */
export const versionQuery = (subject: string, version: number) =>
  queryOptions({
    queryKey: ["schema-version", subject, version],
    queryFn: ({ signal }) =>
      answer(
        client.GET("/api/v1/schemas/{subject}/versions/{version}", { params: { path: { subject, version: String(version) } }, signal }),
      ),
    staleTime: Infinity,
  });

import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** One topic: partitions with their offsets, configs and who uses it. */
export const topicQuery = (topic: string) =>
  queryOptions({
    queryKey: ["topic", topic],
    queryFn: ({ signal }) => answer(client.GET("/api/v1/topics/{topic}", { params: { path: { topic } }, signal })),
  });

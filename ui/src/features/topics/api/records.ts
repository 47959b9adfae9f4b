import { queryOptions } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

/** Where to read: the newest records, from a time, or from an offset of a partition. */
export interface Place {
  partition?: number;
  offset?: number;
  time?: string;
  limit: number;
}

/** Records of a topic, read without joining a consumer group. */
export const recordsQuery = (topic: string, place: Place) =>
  queryOptions({
    queryKey: ["records", topic, place],
    queryFn: ({ signal }) =>
      answer(client.GET("/api/v1/topics/{topic}/records", { params: { path: { topic }, query: place }, signal })),
    staleTime: 0,
  });

import { useQuery } from "@tanstack/react-query";
import type { Status } from "@/shared/api/types";
import { statusQuery } from "../api/status";
import { useStatus } from "./live";

/** The newest status of one pipeline: read once, then followed over the stream. */
export function usePipelineStatus(name: string): Status | undefined {
  const read = useQuery(statusQuery(name));
  return useStatus(name, read.data);
}

import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/problem";

/** The cache of what was read. Answers that will not change by asking again are not asked for again. */
export const newQueries = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });

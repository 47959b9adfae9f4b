import { notifyManager, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/problem";
import { sessionQuery } from "@/shared/session/session";

// A button is locked before its next press is handled: a timer, as is the default, may come after it.
notifyManager.setScheduler(queueMicrotask);

const refused = (error: Error) => error instanceof ApiError && error.status === 401;

/**
 * The cache of what was read. Answers that will not change by asking again are not asked for again; a token that has
 * expired sends the user to sign in.
 */
export function newQueries(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (refused(error) && query.queryKey[0] !== sessionQuery.queryKey[0]) void queries.invalidateQueries(sessionQuery);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
  return queries;
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";

export type Verb = "pause" | "resume" | "stop" | "restart" | "drain";

const paths = {
  pause: "/api/v1/pipelines/{name}:pause",
  resume: "/api/v1/pipelines/{name}:resume",
  stop: "/api/v1/pipelines/{name}:stop",
  restart: "/api/v1/pipelines/{name}:restart",
  drain: "/api/v1/pipelines/{name}:drain",
} as const satisfies Record<Verb, string>;

/** Tells a pipeline what to do. It is done when the server has written it down; the status follows. */
export function useAct(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (verb: Verb) => answer(client.POST(paths[verb], { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["pipelines"] }),
  });
}

import { useState, type ReactNode } from "react";
import { messageOf } from "@/shared/api/problem";
import type { State } from "@/shared/api/types";
import { useMay } from "@/shared/session/session";
import { Confirm } from "@/shared/ui/Confirm";
import { useToast } from "@/shared/ui/Toasts";
import { useAct, type Verb } from "../api/act";

const done: Record<Verb, string> = {
  pause: "is being paused",
  resume: "is being resumed",
  stop: "is being stopped",
  restart: "was restarted",
  drain: "is drained: everything in flight is committed, and it is paused",
};

export interface Actions {
  act: (verb: Verb) => void;
  busy: boolean;
  can: (verb: Verb) => boolean;
  /** Render it somewhere: the question that stop asks first. */
  dialog: ReactNode;
}

/** What can be done to a pipeline, with its question, its toast and its lock while it is under way. */
export function useActions(name: string, state: State): Actions {
  const mutation = useAct(name);
  const say = useToast();
  const may = useMay("operator");
  const [stopping, setStopping] = useState(false);
  const run = (verb: Verb) =>
    mutation.mutate(verb, {
      onSuccess: () => say("ok", `${name} ${done[verb]}`),
      onError: (error) => say("bad", `Cannot ${verb} ${name}: ${messageOf(error)}`),
    });
  return {
    act: (verb) => (verb === "stop" ? setStopping(true) : run(verb)),
    busy: mutation.isPending,
    can: (verb) => {
      if (!may) return false;
      switch (verb) {
        case "pause":
        case "restart":
        case "drain":
          return state === "running";
        case "resume":
          return state !== "running";
        case "stop":
          return state !== "stopped";
      }
    },
    dialog: stopping && (
      <Confirm title={`Stop ${name}?`} action="Stop" onClose={() => setStopping(false)} onConfirm={() => mutation.mutateAsync("stop")}>
        <p>
          It is taken off the engines after what is in flight is committed. Its place in the source topic is kept, so it goes on there when it
          is resumed.
        </p>
      </Confirm>
    ),
  };
}

import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import type { Status } from "@/shared/api/types";
import { events, type StreamEvent } from "../api/stream";
import { StatusStore, type Connection, type RatePoint } from "./status-store";

const Context = createContext(new StatusStore());

/** How long to wait before the stream is opened again, in milliseconds. */
const pause = 2000;

/** Follows the event stream for everything inside of it, and opens it again whenever it ends. */
export function Live({ children }: { children: ReactNode }) {
  const [store] = useState(() => new StatusStore());
  const queries = useQueryClient();
  useEffect(() => {
    const stop = new AbortController();
    const changed = () => void queries.invalidateQueries({ queryKey: ["pipelines"] });
    const follow = async () => {
      while (!stop.signal.aborted) {
        try {
          for await (const event of events(stop.signal)) {
            if (store.connection().state === "lost") void queries.invalidateQueries();
            store.connected("live");
            if (apply(store, event)) changed();
          }
        } catch {
          // Whatever it was, the banner says that figures are old, and it is tried again.
        }
        if (stop.signal.aborted) return;
        store.connected("lost");
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    void follow();
    return () => stop.abort();
  }, [store, queries]);
  return <Context value={store}>{children}</Context>;
}

/** Takes an event into the store; true when the list of pipelines or one of their specs is no longer what was read. */
export function apply(store: StatusStore, event: StreamEvent): boolean {
  switch (event.type) {
    case "snapshot":
      store.put((JSON.parse(event.data) as { statuses: Status[] }).statuses);
      return false;
    case "status": {
      const status = JSON.parse(event.data) as Status;
      const before = store.status(status.name);
      store.put([status]);
      return before?.revision !== status.revision || before.state !== status.state;
    }
    case "deleted":
      store.remove((JSON.parse(event.data) as { name: string }).name);
      return true;
    default:
      return false;
  }
}

/** The newest status of a pipeline: what the stream said last, or what was read with the pipeline. */
export function useStatus(name: string, read?: Status): Status | undefined {
  const store = use(Context);
  const live = useSyncExternalStore(store.subscribe, () => store.status(name));
  if (!live || !read) return live ?? read;
  return Date.parse(read.updated_at) > Date.parse(live.updated_at) ? read : live;
}

/** The newest statuses of several pipelines at once, for sums. */
export function useStatuses(read: readonly Status[]): Status[] {
  const store = use(Context);
  useSyncExternalStore(store.subscribe, () => store.version);
  return read.map((status) => store.status(status.name) ?? status);
}

/** The course of a pipeline's rates since the page was opened. */
export function useCourse(name: string): readonly RatePoint[] {
  const store = use(Context);
  return useSyncExternalStore(store.subscribe, () => store.course(name));
}

export function useConnection(): Connection {
  const store = use(Context);
  return useSyncExternalStore(store.subscribe, () => store.connection());
}

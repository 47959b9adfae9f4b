import type { Rates, Status } from "@/shared/api/types";

/** How many points of a pipeline's rates are kept: five minutes at one a second. */
const kept = 300;

/** How long changes are gathered before listeners hear of them, in milliseconds. */
const pace = 200;

export interface RatePoint extends Rates {
  /** Milliseconds since the epoch. */
  at: number;
}

/** How well the page is connected to the event stream, and since when. */
export interface Connection {
  state: "connecting" | "live" | "lost";
  since: number;
}

/** The newest status of every pipeline and the recent course of its rates, fed by the event stream. */
export class StatusStore {
  private statuses = new Map<string, Status>();
  private courses = new Map<string, readonly RatePoint[]>();
  private listeners = new Set<() => void>();
  /** Grows with every change. */
  version = 0;
  private telling = false;
  private link: Connection = { state: "connecting", since: Date.now() };

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  status(name: string): Status | undefined {
    return this.statuses.get(name);
  }

  course(name: string): readonly RatePoint[] {
    return this.courses.get(name) ?? none;
  }

  connection(): Connection {
    return this.link;
  }

  put(statuses: readonly Status[], now = Date.now()) {
    for (const status of statuses) {
      this.statuses.set(status.name, status);
      const course = this.courses.get(status.name) ?? none;
      const last = course.at(-1);
      // One point a second is enough for a picture, however often the server speaks.
      if (last && now - last.at < 900) continue;
      this.courses.set(status.name, [...course.slice(1 - kept), { at: now, ...status.rates }]);
    }
    this.tell();
  }

  remove(name: string) {
    this.statuses.delete(name);
    this.courses.delete(name);
    this.tell();
  }

  connected(state: Connection["state"], now = Date.now()) {
    if (this.link.state === state) return;
    this.link = { state, since: now };
    this.tell();
  }

  /** Listeners hear of many changes at once: with hundreds of pipelines the stream speaks hundreds of times a second. */
  private tell() {
    this.version++;
    if (this.telling) return;
    this.telling = true;
    setTimeout(() => {
      this.telling = false;
      for (const listener of this.listeners) listener();
    }, pace);
  }
}

const none: readonly RatePoint[] = [];

declare module "inflect" {
  /** What a step knows of the record it works on, and what it may do besides returning a result. */
  export interface Context<Params = Record<string, any>> {
    /** The record's key, null when it has none. */
    readonly key: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    /** Milliseconds since 1970, null when the record has no time. */
    readonly timestamp: number | null;
    readonly pipeline: string;
    readonly step: string;
    /** The step's parameters, frozen. */
    readonly params: Readonly<Params>;

    /** Gives the record another key; null removes it. */
    setKey(key: string | number | Uint8Array | null): void;
    /** Sets a header; null removes it. */
    setHeader(name: string, value: string | number | Uint8Array | null): void;
    /** Sends one more event on to the next step, or to one of the pipeline's outputs. null is a tombstone. */
    emit(event: unknown, to?: { key?: string | number | Uint8Array | null; headers?: Record<string, string | null>; topic?: string }): void;
    /** Gives the record up: it becomes a dead letter with this reason. */
    fail(reason: string, options?: { code?: string }): never;
    /** Writes to the engine's log, at a bounded rate. */
    log(...values: unknown[]): void;
    /** Counts inflect_business_<name>. */
    count(name: string, n?: number, labels?: Record<string, string>): void;
    /** Observes inflect_business_<name>, a histogram. */
    observe(name: string, value: number, labels?: Record<string, string>): void;
  }

  /** Returns the new event; a falsy result filters it. */
  export type Transform<In = any, Out = any, Params = Record<string, any>> = (
    event: In,
    ctx: Context<Params>,
  ) => Out | null | undefined | false | Promise<Out | null | undefined | false>;

  /** Says whether the event is kept. */
  export type Filter<In = any, Params = Record<string, any>> = (event: In, ctx: Context<Params>) => unknown;
}

declare const console: Record<"log" | "info" | "debug" | "warn" | "error", (...values: unknown[]) => void>;

// What a step is given. Written by `inflect transforms types`; do not edit.

declare namespace Inflect {
  /** The second argument of every step. It is frozen, and the same properties are there for emitted events. */
  interface Context<Params = Record<string, any>> {
    /** The record's key as text, null when it has none. An emitted event has the key it was emitted with. */
    readonly key: string | null;
    /** The record's headers as text. When a header occurs more than once, the last one counts. */
    readonly headers: Readonly<Record<string, string>>;
    /** The topic the record was read from. */
    readonly topic: string;
    /** The partition the record was read from, -1 when it did not come from Kafka. */
    readonly partition: number;
    /** The offset the record was read at, -1 when it did not come from Kafka. */
    readonly offset: number;
    /** The record's timestamp in milliseconds since 1970, null when it has none. */
    readonly timestamp: number | null;
    /** The name of the pipeline. */
    readonly pipeline: string;
    /** The name of the step. */
    readonly step: string;
    /** The step's parameters, frozen with everything in them. */
    readonly params: Readonly<Params>;

    /** Gives the event another key; null takes it away. The partition of the target follows the key. */
    setKey(key: string | number | Uint8Array | ArrayBuffer | null): void;
    /** Sets a header in place of all of that name; null removes it. */
    setHeader(name: string, value: string | number | Uint8Array | ArrayBuffer | null): void;
    /**
     * Makes a further event of this one, as it is at this moment. It goes on at the next step, with the key and headers of
     * this event unless others are given; a header that is null is left out. `topic` is one of the pipeline's outputs. null
     * in place of an event is a tombstone. All events of one record are delivered together, or none of them.
     */
    emit(event: any, options?: { key?: string | number | Uint8Array | ArrayBuffer | null; headers?: Record<string, string | number | Uint8Array | null>; topic?: string }): void;
    /** Ends the event as a dead letter with this reason, even if the step catches the exception this throws. */
    fail(reason: string, options?: { code?: string }): never;

    /** Writes to the engine's log, with the pipeline and the step as fields: at most 20 lines an event and 20 lines a second. */
    log(...values: any[]): void;
    /** Adds to the metric `inflect_business_<name>`, by 1 when no number is given. Events that fail do not count. */
    count(name: string, by?: number, labels?: Record<string, string>): void;
    /** Observes a value in the histogram `inflect_business_<name>`. At most 200 combinations of labels are told apart. */
    observe(name: string, value: number, labels?: Record<string, string>): void;
  }

  /** Returns the new event; a falsy result means that the event is filtered. */
  type Transform<In = any, Out = any, Params = Record<string, any>> = (event: In, ctx: Context<Params>) => Out | Falsy | Promise<Out | Falsy>;
  /** Returns whether to keep the event. */
  type Filter<In = any, Params = Record<string, any>> = (event: In, ctx: Context<Params>) => unknown;
  type Falsy = false | 0 | '' | null | undefined | void;
}

interface Crypto {
  /** The hash of text or bytes, at once: sha256, sha512, sha384, sha224, sha1, md5. */
  hash(algorithm: string, data: string | ArrayBuffer | ArrayBufferView, encoding?: 'hex' | 'base64' | 'base64url'): string;
  /** The keyed hash (HMAC) of text or bytes, at once. */
  hmac(algorithm: string, key: string | ArrayBuffer | ArrayBufferView, data: string | ArrayBuffer | ArrayBufferView, encoding?: 'hex' | 'base64' | 'base64url'): string;
}

// What steps find beside the language itself. There are no timers, files, network or processes.

interface Console {
  log(...values: any[]): void;
  debug(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
}
declare var console: Console;

interface Crypto {
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
}
declare var crypto: Crypto;

declare function structuredClone<T = any>(value: T): T;
declare function atob(data: string): string;
declare function btoa(data: string): string;

interface TextEncoder {
  encode(input?: string): Uint8Array;
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };

interface TextDecoder {
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}
declare var TextDecoder: { prototype: TextDecoder; new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder };

interface URLSearchParams extends Iterable<[string, string]> {
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  toString(): string;
}
declare var URLSearchParams: { prototype: URLSearchParams; new (init?: string | Iterable<[string, string]> | Record<string, string>): URLSearchParams };

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toString(): string;
}
declare var URL: { prototype: URL; new (url: string | URL, base?: string | URL): URL };

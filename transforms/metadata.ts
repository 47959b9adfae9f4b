import { set } from "./_path";

export const params = {
  type: "object",
  properties: {
    to: { type: "string", minLength: 1, default: "_meta", description: "Path of the object to write into." },
    include: {
      type: "array",
      items: { enum: ["topic", "partition", "offset", "timestamp", "key", "pipeline", "headers"] },
      minItems: 1,
      uniqueItems: true,
      default: ["topic", "partition", "offset", "timestamp"],
    },
    constants: { type: "object", description: "Further fields, as they are." },
    headers: { type: "object", additionalProperties: { type: "string" }, description: "Headers to set on the record." },
  },
  additionalProperties: false,
};

interface Params {
  to?: string;
  include?: string[];
  constants?: Record<string, unknown>;
  headers?: Record<string, string>;
}

type Ctx = Record<string, unknown> & {
  params: Params;
  timestamp: number;
  setHeader(name: string, value: string): void;
};

/**
 * Writes into the event where its record came from. The timestamp is written as ISO 8601 text.
 * @transform
 */
export default function metadata(event: Record<string, unknown>, ctx: Ctx) {
  const { to = "_meta", include = ["topic", "partition", "offset", "timestamp"], constants = {}, headers = {} } = ctx.params ?? {};
  const found: Record<string, unknown> = {};
  for (const name of include) {
    found[name] = name === "timestamp" ? new Date(ctx.timestamp).toISOString() : name === "headers" ? { ...(ctx.headers as object) } : ctx[name];
  }
  set(event, to, { ...found, ...constants });
  for (const [name, value] of Object.entries(headers)) ctx.setHeader(name, value);
  return event;
}

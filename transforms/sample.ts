import { get } from "./_path";

export const params = {
  type: "object",
  properties: {
    rate: { type: "number", minimum: 0, maximum: 1, description: "The share of events to keep: 0.1 keeps one in ten." },
    by: { type: "string", minLength: 1, description: "Path of the value that decides; the record's key by default, and the whole event when there is none." },
  },
  required: ["rate"],
  additionalProperties: false,
};

interface Params {
  rate: number;
  by?: string;
}

/**
 * Keeps a share of the events. The same value always gets the same answer, so that all events of one customer are kept or
 * none, and a replay keeps the same ones.
 * @filter
 */
export default function sample(event: unknown, ctx: { params: Params; key: string | null }) {
  const { rate, by } = ctx.params;
  const value = by === undefined ? (ctx.key ?? event) : get(event, by);
  const digest = crypto.hash("sha256", typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  return parseInt(digest.slice(0, 12), 16) / 2 ** 48 < rate;
}

import { get } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, description: "Paths that tell events apart; the whole event by default." },
    header: { type: "string", minLength: 1, default: "dedupe-key", description: "The header to write it into." },
  },
  additionalProperties: false,
};

interface Params {
  fields?: string[];
  header?: string;
}

type Ctx = { params: Params; setHeader(name: string, value: string): void };

/**
 * Writes a header by which whoever reads the target can recognise an event that it has seen before: the SHA-256 of the
 * chosen values. Objects count by content, whatever the order of their fields.
 * @transform
 */
export default function dedupeKey(event: unknown, ctx: Ctx) {
  const { fields, header = "dedupe-key" } = ctx.params ?? {};
  const chosen = fields ? fields.map((field) => get(event, field) ?? null) : event;
  ctx.setHeader(header, crypto.hash("sha256", canonical(chosen)));
  return event;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(",")}}`;
}

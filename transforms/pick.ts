import { get, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the fields to keep." },
  },
  required: ["fields"],
  additionalProperties: false,
};

/**
 * Keeps only the named fields, in the order in which they are named. Nested fields keep their objects around them.
 * @transform
 */
export default function pick(event: unknown, ctx: { params: { fields: string[] } }) {
  const out: Record<string, unknown> = {};
  for (const field of ctx.params.fields) {
    const value = get(event, field);
    if (value !== undefined) set(out, field, value);
  }
  return out;
}

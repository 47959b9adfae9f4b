import { update } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the values to mask." },
    keep: { type: "integer", minimum: 0, default: 0, description: "How many characters at the end stay readable." },
    with: { type: "string", minLength: 1, maxLength: 1, default: "*", description: "The character written instead." },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: string[];
  keep?: number;
  with?: string;
}

/**
 * Masks values, so that "4111111111111111" becomes "************1111".
 *
 * Numbers are masked as the text they have; null and missing values stay as they are. A value no longer than `keep` is
 * masked whole, because showing it would show everything. Objects and arrays are masked value by value.
 * @transform
 */
export default function mask(event: object, ctx: { params: Params }) {
  const { fields, keep = 0, with: sign = "*" } = ctx.params;
  const cover = (value: unknown): unknown => {
    if (value === null || value === undefined) return value;
    if (Array.isArray(value)) return value.map(cover);
    if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, cover(v)]));
    const text = [...String(value)];
    const shown = text.length > keep ? keep : 0;
    return sign.repeat(text.length - shown) + text.slice(text.length - shown).join("");
  };
  for (const field of fields) update(event, field, cover);
  return event;
}

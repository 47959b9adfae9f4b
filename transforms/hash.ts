import { update } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the values to hash." },
    salt: { type: "string", default: "", description: "Put before every value. With a salt of your own, others cannot look hashes up in a table." },
    length: { type: "integer", minimum: 8, maximum: 64, default: 64, description: "How many hexadecimal digits to keep." },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: string[];
  salt?: string;
  length?: number;
}

/**
 * Replaces values by their SHA-256 in hexadecimal: equal values stay equal, so that joins and counts still work.
 *
 * Strings are hashed as their UTF-8 bytes, everything else as its JSON. null and missing values stay as they are.
 * @transform
 */
export default function hash(event: object, ctx: { params: Params }) {
  const { fields, salt = "", length = 64 } = ctx.params;
  for (const field of fields) {
    update(event, field, (value) => {
      if (value === null || value === undefined) return value;
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return crypto.hash("sha256", salt + text).slice(0, length);
    });
  }
  return event;
}

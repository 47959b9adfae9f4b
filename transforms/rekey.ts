import { get } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the values that make the key." },
    separator: { type: "string", default: "|", description: "Written between several values." },
    missing: { enum: ["fail", "empty"], default: "fail", description: "What a missing or null value does: fail the event (code rekey) or count as empty text." },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: string[];
  separator?: string;
  missing?: "fail" | "empty";
}

type Ctx = { params: Params; setKey(key: string): void; fail(reason: string, options?: { code: string }): never };

/**
 * Makes the record's key of values of the event, so that what belongs together comes into one partition. The order of
 * records that change their partition is that of their new one from here on.
 * @transform
 */
export default function rekey(event: unknown, ctx: Ctx) {
  const { fields, separator = "|", missing = "fail" } = ctx.params;
  const parts = fields.map((field) => {
    const value = get(event, field);
    if (value === undefined || value === null) {
      return missing === "empty" ? "" : ctx.fail(`${field} is missing, and the key is made of it`, { code: "rekey" });
    }
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  });
  ctx.setKey(parts.join(separator));
  return event;
}

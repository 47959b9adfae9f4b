import { remove } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the fields to remove; * stands for every element." },
  },
  required: ["fields"],
  additionalProperties: false,
};

/**
 * Removes fields. Those that are missing are passed over.
 * @transform
 */
export default function omit(event: unknown, ctx: { params: { fields: string[] } }) {
  for (const field of ctx.params.fields) remove(event, field);
  return event;
}

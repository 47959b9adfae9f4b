import { isContainer, put } from "./_path";

export const params = {
  type: "object",
  properties: {
    separator: { type: "string", minLength: 1, default: ".", description: "Written between the names." },
    arrays: { type: "boolean", default: false, description: "Whether arrays are flattened too, by index." },
  },
  additionalProperties: false,
};

interface Params {
  separator?: string;
  arrays?: boolean;
}

/**
 * Makes nested objects flat: {"a":{"b":1}} becomes {"a.b":1}. Empty objects and arrays stay, so that `unflatten` can
 * bring everything back.
 * @transform
 */
export default function flatten(event: unknown, ctx: { params: Params }) {
  const { separator = ".", arrays = false } = ctx.params ?? {};
  const out: Record<string, unknown> = {};
  const visit = (value: unknown, path: string) => {
    const inner = isContainer(value) && (arrays || !Array.isArray(value)) ? Object.keys(value) : [];
    if (inner.length === 0) put(out, path, value);
    for (const key of inner) visit((value as Record<string, unknown>)[key], path === "" ? key : path + separator + key);
  };
  if (!isContainer(event) || Object.keys(event).length === 0) return event;
  visit(event, "");
  return out;
}

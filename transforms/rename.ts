import { get, isContainer, keys, put, remove, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: {
      type: "object",
      additionalProperties: { type: "string", minLength: 1 },
      minProperties: 1,
      description: "New path by old path. A field that is missing is passed over.",
    },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: Record<string, string>;
}

/**
 * Renames and moves fields. A field that keeps its object keeps its place in the order of fields.
 * @transform
 */
export default function rename(event: Record<string, unknown>, ctx: { params: Params }) {
  for (const [from, to] of Object.entries(ctx.params.fields)) {
    const value = get(event, from);
    if (value === undefined || from === to) continue;
    const [oldWay, newWay] = [keys(from), keys(to)];
    const [oldName, newName] = [oldWay.pop()!, newWay.pop()!];
    const owner = oldWay.length === 0 ? event : get(event, oldWay.map(escape).join("."));
    if (!isContainer(owner)) continue;
    if (JSON.stringify(oldWay) === JSON.stringify(newWay) && !Array.isArray(owner)) {
      inPlace(owner, oldName, newName);
    } else {
      remove(event, from);
      set(event, to, value);
    }
  }
  return event;
}

const escape = (key: string) => key.replaceAll(".", "\\.");

function inPlace(owner: Record<string, unknown>, from: string, to: string): void {
  const entries = Object.entries(owner).filter(([key]) => key !== to);
  for (const key of Object.keys(owner)) delete owner[key];
  for (const [key, value] of entries) put(owner, key === from ? to : key, value);
}

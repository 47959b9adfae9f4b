import { isContainer, put } from "./_path";

export const params = {
  type: "object",
  properties: {
    separator: { type: "string", minLength: 1, default: ".", description: "What stands between the names." },
  },
  additionalProperties: false,
};

/**
 * Makes flat objects nested: {"a.b":1} becomes {"a":{"b":1}}. Names that are all the numbers from 0 on become an array.
 * @transform
 */
export default function unflatten(event: Record<string, unknown>, ctx: { params: { separator?: string } }) {
  const { separator = "." } = ctx.params ?? {};
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    const way = name.split(separator);
    const last = way.pop()!;
    let at = out;
    for (const key of way) {
      const next = Object.hasOwn(at, key) ? at[key] : undefined;
      if (!isContainer(next)) put(at, key, {});
      at = at[key] as Record<string, unknown>;
    }
    put(at, last, value);
  }
  return toArrays(out);
}

function toArrays(value: unknown): unknown {
  if (!isContainer(value) || Array.isArray(value)) return value;
  const names = Object.keys(value);
  if (names.length > 0 && names.every((name, i) => name === String(i))) return names.map((name) => toArrays(value[name]));
  const out: Record<string, unknown> = {};
  for (const name of names) put(out, name, toArrays(value[name]));
  return out;
}

import { get, remove, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    field: { type: "string", minLength: 1, description: "Path of the array." },
    as: { type: "string", minLength: 1, description: "Path at which each event holds its element; the array's own path by default." },
    index: { type: "string", minLength: 1, description: "Path at which each event holds the element's index." },
    only: { type: "boolean", default: false, description: "Whether each event is its element alone, without what stood around the array." },
    empty: { enum: ["filter", "keep", "fail"], default: "filter", description: "What becomes of an event whose array is empty or missing." },
  },
  required: ["field"],
  additionalProperties: false,
};

interface Params {
  field: string;
  as?: string;
  index?: string;
  only?: boolean;
  empty?: "filter" | "keep" | "fail";
}

type Ctx = { params: Params; emit(event: unknown): void; fail(reason: string, options?: { code: string }): never };

/**
 * Makes one event of each element of an array. Together they are one unit: if one of them fails later on, none is
 * produced. A value that is no array fails the event with code `split`.
 * @transform
 */
export default function split(event: Record<string, unknown>, ctx: Ctx) {
  const { field, as = field, index, only = false, empty = "filter" } = ctx.params;
  const items = get(event, field) ?? [];
  if (!Array.isArray(items)) return ctx.fail(`${field} is no array`, { code: "split" });
  if (items.length === 0) {
    if (empty === "fail") ctx.fail(`${field} is empty`, { code: "split" });
    return empty === "keep" ? event : null;
  }
  remove(event, field);
  items.forEach((item, i) => {
    if (only) return ctx.emit(item);
    const part = structuredClone(event);
    set(part, as, item);
    if (index !== undefined) set(part, index, i);
    ctx.emit(part);
  });
  return null;
}

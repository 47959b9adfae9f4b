import { get, isContainer, put, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    by: { type: "string", minLength: 1, description: "Path of the value to look up." },
    table: { type: "object", minProperties: 1, description: "What to add, by that value." },
    to: { type: "string", description: "Path to put it at; without one the fields of the entry are added to the event itself." },
    otherwise: { description: "What to add when the table has no entry." },
    required: { type: "boolean", default: false, description: "Whether an event without an entry fails (code enrich)." },
  },
  required: ["by", "table"],
  additionalProperties: false,
};

interface Params {
  by: string;
  table: Record<string, unknown>;
  to?: string;
  otherwise?: unknown;
  required?: boolean;
}

type Ctx = { params: Params; fail(reason: string, options?: { code: string }): never };

/**
 * Adds what a table says about a value of the event: the country's name by its code, the team by its service.
 * @transform
 */
export default function enrich(event: Record<string, unknown>, ctx: Ctx) {
  const { by, table, to, otherwise, required = false } = ctx.params;
  const key = get(event, by);
  const known = key !== undefined && key !== null && Object.hasOwn(table, String(key));
  if (!known && required) ctx.fail(`${by} is ${JSON.stringify(key) ?? "missing"}, which is not in the table`, { code: "enrich" });
  const entry = known ? table[String(key)] : otherwise;
  if (entry === undefined) return event;
  // Parameters are frozen, and later steps may want to change the event.
  const copy = structuredClone(entry);
  if (to !== undefined) set(event, to, copy);
  else if (isContainer(copy)) for (const name of Object.keys(copy)) put(event, name, copy[name]);
  else ctx.fail(`the entry for ${JSON.stringify(key)} is no object: say with "to" where to put it`, { code: "enrich" });
  return event;
}

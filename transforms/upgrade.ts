import { get, remove, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    version: { type: "string", minLength: 1, default: "version", description: "Path of the event's version; an event without one has version 1." },
    steps: {
      type: "array",
      minItems: 1,
      description: "The first entry leads from version 1 to 2, the next from 2 to 3, and so on.",
      items: {
        type: "object",
        properties: {
          rename: { type: "object", additionalProperties: { type: "string" }, description: "New path by old path." },
          defaults: { type: "object", description: "Values by path for fields that are missing." },
          remove: { type: "array", items: { type: "string" }, description: "Paths that the next version no longer has." },
        },
        additionalProperties: false,
      },
    },
  },
  required: ["steps"],
  additionalProperties: false,
};

interface Step {
  rename?: Record<string, string>;
  defaults?: Record<string, unknown>;
  remove?: string[];
}

type Ctx = { params: { version?: string; steps: Step[] }; fail(reason: string, options?: { code: string }): never };

/**
 * Brings events of every older version to the newest one, so that the steps after it know only that. An event of a version
 * that is not known fails with code `upgrade`.
 * @transform
 */
export default function upgrade(event: Record<string, unknown>, ctx: Ctx) {
  const { version = "version", steps } = ctx.params;
  const newest = steps.length + 1;
  const from = get(event, version) ?? 1;
  if (typeof from !== "number" || !Number.isInteger(from) || from < 1 || from > newest) {
    return ctx.fail(`version ${JSON.stringify(from)} is not one of 1 to ${newest}`, { code: "upgrade" });
  }
  for (const step of steps.slice(from - 1)) apply(event, step);
  set(event, version, newest);
  return event;
}

function apply(event: Record<string, unknown>, step: Step): void {
  for (const [from, to] of Object.entries(step.rename ?? {})) {
    const value = get(event, from);
    if (value === undefined) continue;
    remove(event, from);
    set(event, to, value);
  }
  for (const [path, value] of Object.entries(step.defaults ?? {})) {
    if (get(event, path) === undefined) set(event, path, structuredClone(value));
  }
  for (const path of step.remove ?? []) remove(event, path);
}

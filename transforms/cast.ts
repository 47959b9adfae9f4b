import { update } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: {
      type: "object",
      additionalProperties: { enum: ["string", "number", "integer", "boolean"] },
      minProperties: 1,
      description: "The wanted type by path.",
    },
    on_error: { enum: ["fail", "null", "keep"], default: "fail", description: "What becomes of a value that has no meaning in that type." },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: Record<string, string>;
  on_error?: "fail" | "null" | "keep";
}

type Ctx = { params: Params; fail(reason: string, options?: { code: string }): never };

const truths: Record<string, boolean> = { true: true, yes: true, "1": true, false: false, no: false, "0": false };

/**
 * Turns values into another type: "12.50" into 12.5, 1 into true, 7 into "7". null and missing values stay as they are.
 *
 * Text becomes a number only if all of it is one: "12abc" and "" are errors, not 12 and 0. What cannot be turned fails the
 * event with code `cast`, becomes null, or stays, as on_error says.
 * @transform
 */
export default function cast(event: unknown, ctx: Ctx) {
  const { fields, on_error = "fail" } = ctx.params;
  for (const [path, type] of Object.entries(fields)) {
    update(event, path, (value) => {
      if (value === null || value === undefined) return value;
      const made = convert(value, type);
      if (made !== undefined) return made;
      if (on_error === "keep") return value;
      if (on_error === "null") return null;
      return ctx.fail(`${path} is ${JSON.stringify(value)}, which is no ${type}`, { code: "cast" });
    });
  }
  return event;
}

function convert(value: unknown, type: string): unknown {
  switch (type) {
    case "string":
      return typeof value === "object" ? JSON.stringify(value) : String(value);
    case "boolean":
      return typeof value === "boolean" ? value : truths[String(value).trim().toLowerCase()];
    default: {
      const number = toNumber(value);
      return type === "integer" && !Number.isSafeInteger(number) ? undefined : number;
    }
  }
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "string" || !/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(value.trim())) return undefined;
  return Number(value);
}

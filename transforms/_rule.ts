/** Conditions on events, as parameters can state them. */

import { get } from "./_path";

/** One condition: the value at path compared with value by op. */
export interface Condition {
  path: string;
  op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "matches" | "exists" | "missing";
  value?: unknown;
}

/** All conditions of all, at least one of any, and none of none. */
export interface Rule {
  all?: Condition[];
  any?: Condition[];
  none?: Condition[];
}

const conditionSchema = {
  type: "object",
  properties: {
    path: { type: "string", minLength: 1 },
    op: { enum: ["eq", "ne", "gt", "gte", "lt", "lte", "in", "matches", "exists", "missing"] },
    value: {},
  },
  required: ["path", "op"],
  additionalProperties: false,
};

/** The JSON Schema of a Rule's fields. */
export const ruleProperties = {
  all: { type: "array", items: conditionSchema, description: "Every one of these must hold." },
  any: { type: "array", items: conditionSchema, minItems: 1, description: "At least one of these must hold." },
  none: { type: "array", items: conditionSchema, description: "None of these may hold." },
};

/** Whether the event fulfils the rule. */
export function fulfils(event: unknown, rule: Rule): boolean {
  const holds = (c: Condition) => compare(get(event, c.path), c);
  return (
    (rule.all ?? []).every(holds) &&
    (rule.any === undefined || rule.any.some(holds)) &&
    !(rule.none ?? []).some(holds)
  );
}

function compare(actual: unknown, { op, value }: Condition): boolean {
  switch (op) {
    case "exists":
      return actual !== undefined && actual !== null;
    case "missing":
      return actual === undefined || actual === null;
    case "eq":
      return actual === value;
    case "ne":
      return actual !== value;
    case "in":
      return Array.isArray(value) && value.includes(actual);
    case "matches":
      return typeof actual === "string" && new RegExp(String(value), "u").test(actual);
    default:
      return ordered(actual, op, value);
  }
}

/** Numbers compare with numbers and strings with strings; anything else has no order. */
function ordered(actual: unknown, op: string, value: unknown): boolean {
  if (typeof actual !== typeof value || (typeof actual !== "number" && typeof actual !== "string")) return false;
  const a = actual as string;
  const b = value as string;
  switch (op) {
    case "gt":
      return a > b;
    case "gte":
      return a >= b;
    case "lt":
      return a < b;
    default:
      return a <= b;
  }
}

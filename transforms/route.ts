import { fulfils, type Rule, ruleProperties } from "./_rule";

export const params = {
  type: "object",
  properties: {
    routes: {
      type: "array",
      minItems: 1,
      description: "Rules in order; the first one that the event fulfils says where it goes.",
      items: {
        type: "object",
        properties: { ...ruleProperties, to: { type: "string", minLength: 1, description: "One of the pipeline's outputs." } },
        required: ["to"],
        additionalProperties: false,
      },
    },
    otherwise: { enum: ["target", "filter", "fail"], default: "target", description: "What becomes of an event that no rule wants." },
  },
  required: ["routes"],
  additionalProperties: false,
};

interface Params {
  routes: (Rule & { to: string })[];
  otherwise?: "target" | "filter" | "fail";
}

type Ctx = {
  params: Params;
  emit(event: unknown, options: { topic: string }): void;
  fail(reason: string, options?: { code: string }): never;
};

/**
 * Sends an event to one of the pipeline's outputs by rules. One that no rule wants goes on to the target, is filtered, or
 * fails with code `route`.
 * @transform
 */
export default function route(event: unknown, ctx: Ctx) {
  const { routes, otherwise = "target" } = ctx.params;
  const found = routes.find((rule) => fulfils(event, rule));
  if (found) {
    ctx.emit(event, { topic: found.to });
    return null;
  }
  if (otherwise === "fail") ctx.fail("no route takes this event", { code: "route" });
  return otherwise === "target" ? event : null;
}

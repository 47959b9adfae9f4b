import { fulfils, type Rule, ruleProperties } from "./_rule";

export const params = {
  type: "object",
  properties: ruleProperties,
  minProperties: 1,
  additionalProperties: false,
};

/**
 * Keeps events that fulfil a rule: every condition of `all`, at least one of `any`, none of `none`. Values compare without
 * conversion: "5" is not 5.
 * @filter
 */
export default function where(event: unknown, ctx: { params: Rule }) {
  return fulfils(event, ctx.params);
}

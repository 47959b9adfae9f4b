import { get, set } from "./_path";

export const params = {
  type: "object",
  properties: {
    amount: { type: "string", minLength: 1, description: "Path of the amount, a number." },
    currency: { type: "string", minLength: 1, description: "Path of its currency, like \"EUR\"." },
    to: { type: "string", minLength: 3, maxLength: 3, description: "The currency to convert into." },
    rates: {
      type: "object",
      additionalProperties: { type: "number", exclusiveMinimum: 0 },
      minProperties: 1,
      description: "What one unit of each currency is worth in the wanted one.",
    },
    into: { type: "string", minLength: 1, description: "Path of the result; the amount and its currency are replaced by default." },
    decimals: { type: "integer", minimum: 0, maximum: 6, default: 2, description: "Decimals of the result, rounded half away from zero." },
  },
  required: ["amount", "currency", "to", "rates"],
  additionalProperties: false,
};

interface Params {
  amount: string;
  currency: string;
  to: string;
  rates: Record<string, number>;
  into?: string;
  decimals?: number;
}

type Ctx = { params: Params; fail(reason: string, options?: { code: string }): never };

/**
 * Converts an amount into another currency by the given rates. A currency without a rate, or an amount that is no number,
 * fails the event with code `currency`.
 * @transform
 */
export default function currency(event: Record<string, unknown>, ctx: Ctx) {
  const p = ctx.params;
  const [amount, from] = [get(event, p.amount), get(event, p.currency)];
  if (typeof amount !== "number") return ctx.fail(`${p.amount} is ${JSON.stringify(amount) ?? "missing"}, which is no number`, { code: "currency" });
  const rate = from === p.to ? 1 : Object.hasOwn(p.rates, String(from)) ? p.rates[String(from)] : undefined;
  if (rate === undefined) return ctx.fail(`there is no rate for ${JSON.stringify(from) ?? "a missing currency"}`, { code: "currency" });
  const result = round(amount * rate, p.decimals ?? 2);
  if (p.into !== undefined) {
    set(event, p.into, result);
  } else {
    set(event, p.amount, result);
    set(event, p.currency, p.to);
  }
  return event;
}

/** Rounds the decimal text, because 1.005 * 100 is 100.49999999999999. */
function round(value: number, decimals: number): number {
  const shift = (v: number, by: number) => {
    const [digits, exponent = "0"] = String(v).split("e");
    return Number(`${digits}e${Number(exponent) + by}`);
  };
  return Math.sign(value) * shift(Math.round(shift(Math.abs(value), decimals)), -decimals);
}

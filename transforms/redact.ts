import { mapStrings, update } from "./_path";

/** What is looked for, in this order: the groups of an IBAN would pass for a telephone number. */
const patterns: Record<string, RegExp> = {
  email: /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g,
  iban: /\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g,
  card: /\b[0-9](?:[ -]?[0-9]){12,18}\b/g,
  ipv4: /\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b/g,
  phone: /(?:\+|\b00)[1-9][0-9]{0,2}(?:[ ./-]?\(?[0-9]{1,4}\)?){2,5}\b/g,
};

export const params = {
  type: "object",
  properties: {
    kinds: {
      type: "array",
      items: { enum: ["email", "card", "ipv4", "phone", "iban"] },
      minItems: 1,
      uniqueItems: true,
      default: ["email", "card"],
      description: "What to look for. A card number counts only if its check digit is right.",
    },
    fields: { type: "array", items: { type: "string", minLength: 1 }, description: "Paths to look in; every string of the event by default." },
    with: { type: "string", default: "[{kind}]", description: "What to write instead; {kind} stands for what was found." },
  },
  additionalProperties: false,
};

interface Params {
  kinds?: string[];
  fields?: string[];
  with?: string;
}

/**
 * Finds personal data inside free text and writes a placeholder instead: "write to a@b.com" becomes "write to [email]".
 * @transform
 */
export default function redact(event: unknown, ctx: { params: Params }) {
  const { kinds = ["email", "card"], fields, with: sign = "[{kind}]" } = ctx.params ?? {};
  const wanted = Object.keys(patterns).filter((kind) => kinds.includes(kind));
  const clean = (text: string) =>
    wanted.reduce(
      (done, kind) =>
        done.replace(patterns[kind], (found) => (kind === "card" && !luhn(found) ? found : sign.replaceAll("{kind}", kind))),
      text,
    );
  if (!fields) return mapStrings(event, clean);
  for (const field of fields) update(event, field, (value) => mapStrings(value, clean));
  return event;
}

/** The check of ISO/IEC 7812-1 that every payment card number fulfils. */
function luhn(text: string): boolean {
  let sum = 0;
  let double = false;
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}

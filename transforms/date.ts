import { update } from "./_path";

export const params = {
  type: "object",
  properties: {
    fields: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, description: "Paths of the dates." },
    from: {
      enum: ["auto", "iso", "unix", "unix_ms", "dd.mm.yyyy", "mm/dd/yyyy", "yyyymmdd"],
      default: "auto",
      description: "How they are written. auto knows ISO 8601 text and tells seconds from milliseconds by their size.",
    },
    to: { enum: ["iso", "date", "unix", "unix_ms"], default: "iso", description: "How to write them." },
  },
  required: ["fields"],
  additionalProperties: false,
};

interface Params {
  fields: string[];
  from?: string;
  to?: string;
}

type Ctx = { params: Params; fail(reason: string, options?: { code: string }): never };

const numeric: Record<string, { form: RegExp; order: [number, number, number] }> = {
  "dd.mm.yyyy": { form: /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, order: [3, 2, 1] },
  "mm/dd/yyyy": { form: /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/, order: [3, 1, 2] },
  yyyymmdd: { form: /^(\d{4})(\d{2})(\d{2})$/, order: [1, 2, 3] },
};

const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Above this a number counts milliseconds: as seconds it would be the year 5138. */
const secondsEnd = 1e11;

/**
 * Writes dates one way, in UTC: "31.12.2026", 1798675200 and "2026-12-31T01:00:00+01:00" all become
 * "2026-12-31T00:00:00.000Z". ISO text without an offset is taken as UTC. A value that is no date, the 31st of February
 * included, fails the event with code `date`; null and missing values stay.
 * @transform
 */
export default function date(event: unknown, ctx: Ctx) {
  const { fields, from = "auto", to = "iso" } = ctx.params;
  for (const path of fields) {
    update(event, path, (value) => {
      if (value === null || value === undefined) return value;
      const ms = read(value, from);
      if (Number.isNaN(ms)) ctx.fail(`${path} is ${JSON.stringify(value)}, which is no date (${from})`, { code: "date" });
      return write(ms, to);
    });
  }
  return event;
}

function read(value: unknown, from: string): number {
  if (from in numeric) return parts(value, from);
  if (typeof value === "string" && (from === "auto" || from === "iso") && iso.test(value)) return readIso(value);
  const number = typeof value === "number" ? value : typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
  switch (from) {
    case "unix":
      return number * 1000;
    case "unix_ms":
      return number;
    case "auto":
      return Math.abs(number) < secondsEnd ? number * 1000 : number;
    default:
      return NaN;
  }
}

function readIso(text: string): number {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  if (Number.isNaN(calendar(year, month, day))) return NaN;
  const normal = text.replace(" ", "T").replace(/([+-]\d{2})(\d{2})$/, "$1:$2").replace(/(\.\d{3})\d+/, "$1");
  return Date.parse(/T/.test(normal) && !/(Z|[+-]\d{2}:\d{2})$/.test(normal) ? normal + "Z" : normal);
}

function parts(value: unknown, from: string): number {
  const { form, order } = numeric[from];
  const match = form.exec(String(value));
  if (!match) return NaN;
  const [year, month, day] = order.map((i) => Number(match[i]));
  return calendar(year, month, day);
}

/** The first moment of a day, NaN if the calendar has no such day. */
function calendar(year: number, month: number, day: number): number {
  const ms = Date.UTC(year, month - 1, day);
  const made = new Date(ms);
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? ms : NaN;
}

function write(ms: number, to: string): unknown {
  switch (to) {
    case "unix":
      return Math.floor(ms / 1000);
    case "unix_ms":
      return ms;
    case "date":
      return new Date(ms).toISOString().slice(0, 10);
    default:
      return new Date(ms).toISOString();
  }
}

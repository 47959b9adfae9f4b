// JSON that keeps every digit. JSON.parse turns 9007199254740993 into 9007199254740992; events, parameters and specs pass
// through this page unharmed, so such numbers are kept as their text.

/** A number that a double cannot hold, or any JSON text that must go out as it came in. */
export class RawJson {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type Json = null | boolean | number | string | RawJson | Json[] | { [key: string]: Json };

// Only texts with a long run of digits or a three-digit exponent can hold a number that a double cannot.
const suspicious = /\d[\d.]{15}|[eE][+-]?\d{3}/;

/** Parses JSON; numbers that would change become RawJson. Throws SyntaxError with the place, as JSON.parse does. */
export function parseJson(text: string): Json {
  const plain = JSON.parse(text) as Json;
  return suspicious.test(text) ? new Parser(text).document() : plain;
}

/** Writes JSON, RawJson as its own text. Fields that are undefined are left out. */
export function writeJson(value: unknown, indent = 0): string {
  return write(value, indent ? " ".repeat(indent) : "", "");
}

function write(value: unknown, indent: string, margin: string): string {
  if (value instanceof RawJson) return value.text;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const inner = margin + indent;
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item) => write(item, indent, inner))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${JSON.stringify(key)}:${indent && " "}${write(item, indent, inner)}`);
  const [open, close] = list ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  if (!indent) return `${open}${parts.join(",")}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** Reads a text that JSON.parse has accepted, so it need not look for mistakes. */
class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  document(): Json {
    return this.value();
  }

  private value(): Json {
    switch (this.peek()) {
      case "{":
        return this.object();
      case "[":
        return this.array();
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private peek(): string {
    while (" \t\r\n".includes(this.text.charAt(this.at)) && this.at < this.text.length) this.at++;
    return this.text.charAt(this.at);
  }

  private object(): Json {
    const out: { [key: string]: Json } = {};
    this.at++;
    while (this.peek() !== "}") {
      if (this.peek() === ",") this.at++;
      this.peek();
      const key = this.string();
      this.peek();
      this.at++;
      // A plain assignment to __proto__ would set the prototype.
      Object.defineProperty(out, key, { value: this.value(), enumerable: true, writable: true, configurable: true });
    }
    this.at++;
    return out;
  }

  private array(): Json {
    const out: Json[] = [];
    this.at++;
    while (this.peek() !== "]") {
      if (this.peek() === ",") this.at++;
      out.push(this.value());
    }
    this.at++;
    return out;
  }

  private string(): string {
    const start = this.at++;
    while (this.text.charAt(this.at) !== '"') this.at += this.text.charAt(this.at) === "\\" ? 2 : 1;
    this.at++;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private word<T extends Json>(word: string, value: T): T {
    this.at += word.length;
    return value;
  }

  private number(): Json {
    const start = this.at;
    while (/[-+.\deE]/.test(this.text.charAt(this.at))) this.at++;
    const token = this.text.slice(start, this.at);
    const double = Number(token);
    return decimal(token) === decimal(String(double)) ? double : new RawJson(token);
  }
}

/** One spelling per decimal value: its digits without leading and trailing zeros, and its exponent. */
function decimal(token: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(token);
  if (!match) return token;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (!short) return "0";
  return `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}

import type { DeadLetterReplay, StoredRecord } from "@/shared/api/types";
import { parseJson, RawJson, writeJson } from "@/shared/json/exact";

/** A value while it is mended: JSON, text that is meant to be JSON perhaps, or bytes. */
export interface Draft {
  as: "json" | "text" | "base64";
  text: string;
}

type Place = NonNullable<DeadLetterReplay["records"]>[number];

/** What there is to mend in a record; nothing in a tombstone or a value too large to be shown. */
export function draftOf(record: StoredRecord): Draft | undefined {
  if (record.tombstone || record.truncated) return undefined;
  if (record.value !== undefined) return { as: "json", text: writeJson(record.value, 2) };
  const base64 = record.value_base64 ?? "";
  const text = textOf(base64);
  return text === undefined ? { as: "base64", text: base64 } : { as: "text", text };
}

/** What to send in place of the value, or why it cannot be sent. */
export function mended({ as, text }: Draft): Pick<Place, "value" | "value_base64"> | { wrong: string } {
  switch (as) {
    case "json":
      try {
        parseJson(text);
        return { value: new RawJson(text) };
      } catch (error) {
        return { wrong: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
      }
    case "text":
      return { value_base64: btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("")) };
    case "base64":
      try {
        atob(text);
        return { value_base64: text.replace(/\s/g, "") };
      } catch {
        return { wrong: "This is not base64." };
      }
  }
}

/** The bytes as text, if that is what they are. */
function textOf(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

import type { Sample, TestEvent } from "@/shared/api/types";
import { parseJson, RawJson, writeJson } from "@/shared/json/exact";

/** An event while it is written. The value is text, so that it goes out exactly as it was typed. */
export interface BenchEvent {
  id: string;
  key: string;
  headers: string;
  value: string;
  /** How the text is meant: JSON (or raw bytes when it is none), base64, or no value at all. */
  as: "json" | "base64" | "tombstone";
  note?: string;
  /** A near miss: the schema must refuse it. */
  invalid?: boolean;
}

export const newEvent = (value = "{}"): BenchEvent => ({ id: crypto.randomUUID(), key: "", headers: "", value, as: "json" });

/** Whether the text is JSON; what is not is sent as the bytes of the text. */
export function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

export function toTestEvent(event: BenchEvent): TestEvent {
  const headers = readHeaders(event.headers);
  return {
    key: event.key === "" ? undefined : event.key,
    headers: Object.keys(headers).length > 0 ? headers : undefined,
    ...body(event),
  };
}

function body(event: BenchEvent): TestEvent {
  switch (event.as) {
    case "tombstone":
      return { tombstone: true };
    case "base64":
      return { value_base64: event.value.replace(/\s/g, "") };
    case "json":
      return isJson(event.value) ? { value: new RawJson(event.value) } : { value_base64: base64(event.value) };
  }
}

function base64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function readHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
}

export function fromSample({ event, note, invalid, partition, offset }: Sample): BenchEvent {
  return {
    id: crypto.randomUUID(),
    key: event.key ?? "",
    headers: Object.entries(event.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    value: event.value_base64 ?? (event.tombstone ? "" : writeJson(event.value, 2)),
    as: event.tombstone ? "tombstone" : event.value_base64 !== undefined ? "base64" : "json",
    note: note ?? (offset === undefined ? undefined : `partition ${partition}, offset ${offset}`),
    invalid,
  };
}

/** Splits pasted text into events: one JSON document, an array of them, or one to a line. Other text is one event. */
export function splitEvents(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (isJson(trimmed)) {
    const value = parseJson(trimmed);
    return Array.isArray(value) ? value.map((item) => writeJson(item, 2)) : [trimmed];
  }
  const lines = trimmed.split("\n").filter((line) => line.trim() !== "");
  return lines.every(isJson) ? lines : [trimmed];
}

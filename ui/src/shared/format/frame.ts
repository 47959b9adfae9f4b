import { parseJson, type Json } from "../json/exact";

/**
 * The JSON in a value with Confluent framing (a zero byte and the schema's id in four bytes before it), given as base64.
 * Nothing when it is framed otherwise or holds no JSON, as Avro and Protobuf do.
 */
export function framedJson(base64: string): { id: number; value: Json } | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    if (bytes.length < 6 || bytes[0] !== 0) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(5));
    return { id: new DataView(bytes.buffer).getUint32(1), value: parseJson(text) };
  } catch {
    return undefined;
  }
}

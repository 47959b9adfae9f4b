import type { SchemaReference } from "@/shared/api/types";
import { parseJson, writeJson } from "@/shared/json/exact";

/** A schema as its author would lay it out: JSON and Avro indented, Protobuf as it is. */
export function laidOut(text: string, type: string): string {
  if (type === "PROTOBUF") return text;
  try {
    return writeJson(parseJson(text), 2);
  } catch {
    // An Avro schema may be a bare name like "string" without quotes.
    return text;
  }
}

/** References as a person writes them: name = subject version, one to a line. */
export const writeReferences = (references: SchemaReference[]) =>
  references.map(({ name, subject, version }) => `${name} = ${subject} ${version}`).join("\n");

/** What is written one to a line, and the lines that are nothing of the kind. */
export function readReferences(text: string): { references: SchemaReference[]; wrong: string[] } {
  const references: SchemaReference[] = [];
  const wrong: string[] = [];
  for (const line of text.split("\n").map((line) => line.trim()).filter(Boolean)) {
    const [, name, subject, version] = /^(\S+)\s*=\s*(\S+)\s+([1-9]\d{0,8})$/.exec(line) ?? [];
    if (name && subject && version) references.push({ name, subject, version: Number(version) });
    else wrong.push(line);
  }
  return { references, wrong };
}

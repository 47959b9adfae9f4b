import { Code } from "@/shared/code/Code";
import { laidOut } from "../model/text";

/** A schema as its author would lay it out: JSON and Avro indented, Protobuf as it is. */
export function SchemaText({ text, type, label }: { text: string; type: string; label: string }) {
  if (type === "PROTOBUF") return <pre className="code" tabIndex={0} role="region" aria-label={label}>{text}</pre>;
  return <Code language="json" label={label} value={laidOut(text, type)} />;
}

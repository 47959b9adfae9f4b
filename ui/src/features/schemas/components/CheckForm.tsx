import { useState } from "react";
import { messageOf } from "@/shared/api/problem";
import type { NewSchema, SchemaVersion } from "@/shared/api/types";
import { Code } from "@/shared/code/Code";
import { Button } from "@/shared/ui/Button";
import { Field, Input, TextArea } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import { laidOut, readReferences, writeReferences } from "../model/text";

interface Props {
  /** The newest version, which the author begins with. */
  latest: SchemaVersion;
  /** The subject's rule for new versions; one that is transitive looks at all older ones in any case. */
  rule: string | undefined;
  busy: boolean;
  error: unknown;
  /** Called when the text is no longer what was checked. */
  onEdit: () => void;
  onCheck: (schema: NewSchema) => void;
}

/** The text of a new version: typed, pasted or taken out of a file. */
export function CheckForm({ latest, rule, busy, error, onEdit, onCheck }: Props) {
  const [text, setText] = useState(() => laidOut(latest.schema, latest.type));
  const [refers, setRefers] = useState(() => writeReferences(latest.references));
  const [transitive, setTransitive] = useState(false);
  const { references, wrong } = readReferences(refers);
  const label = "Text of the new version";
  const write = (text: string) => {
    setText(text);
    onEdit();
  };
  const take = async (files: FileList | null) => {
    const file = files?.item(0);
    if (file) write(await file.text());
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onCheck({ schema: text, references, transitive: transitive || undefined });
      }}
    >
      {latest.type === "PROTOBUF" ? (
        <Field label={label}>
          <TextArea className="input mono" rows={16} value={text} onChange={(event) => write(event.target.value)} spellCheck={false} />
        </Field>
      ) : (
        <div className="field">
          <span className="field-label">{label}</span>
          <Code language="json" label={label} value={text} onChange={write} />
        </div>
      )}
      <div className="grid-2">
        <Field label="Or take it from a file">
          <Input type="file" accept=".json,.avsc,.proto,.txt" onChange={(event) => void take(event.target.files)} />
        </Field>
        <Field
          label="References"
          hint="name = subject version, one to a line"
          issues={wrong.map((line) => ({ code: "invalid", message: `"${line}" is not a name, = , a subject and a version` }))}
        >
          <TextArea className="input mono" rows={2} value={refers} onChange={(event) => setRefers(event.target.value)} spellCheck={false} />
        </Field>
      </div>
      {latest.version > 1 && !rule?.endsWith("_TRANSITIVE") && (
        <label className="check">
          <input type="checkbox" checked={transitive} onChange={(event) => setTransitive(event.target.checked)} />
          Older versions, too: how it differs from them, and their records
        </label>
      )}
      {error !== null && <Notice kind="bad" title="It could not be checked">{messageOf(error)}</Notice>}
      <div>
        <Button type="submit" variant="primary" icon="flask" busy={busy} disabled={text.trim() === "" || wrong.length > 0}>
          {busy ? "Checking…" : "Check"}
        </Button>
      </div>
    </form>
  );
}

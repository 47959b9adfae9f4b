import { Code } from "@/shared/code/Code";
import { Field, Input, Select, TextArea } from "@/shared/ui/Field";
import { isJson, type BenchEvent } from "../model/event";

/** One event: its value, key and headers. */
export function EventEditor({ event, onChange }: { event: BenchEvent; onChange: (event: BenchEvent) => void }) {
  const odd = event.as === "json" && !isJson(event.value);
  return (
    <div className="stack">
      {event.as === "json" && (
        <div className="field">
          <span className="field-label">Value</span>
          <Code language="json" label="Value of the event" value={event.value} onChange={(value) => onChange({ ...event, value })} />
          {odd && <p className="field-hint">This is not JSON. It is sent as the bytes of the text, as a producer might send it.</p>}
        </div>
      )}
      {event.as === "base64" && (
        <Field label="Value, base64">
          <TextArea className="input mono" rows={4} value={event.value} onChange={(e) => onChange({ ...event, value: e.target.value })} />
        </Field>
      )}
      {event.as === "tombstone" && <p className="muted">The value is null.</p>}
      <details>
        <summary>Key, headers and kind of value</summary>
        <div className="grid-2 bench-meta">
          <Field label="Key" hint="Empty for none.">
            <Input value={event.key} onChange={(e) => onChange({ ...event, key: e.target.value })} />
          </Field>
          <Field label="Value is">
            <Select
              value={event.as}
              onChange={(e) => onChange({ ...event, as: e.target.value as BenchEvent["as"] })}
              options={[
                { value: "json", label: "JSON, or the bytes of the text" },
                { value: "base64", label: "bytes in base64" },
                { value: "tombstone", label: "a tombstone (null)" },
              ]}
            />
          </Field>
          <Field label="Headers" hint="name: value, one to a line.">
            <TextArea value={event.headers} onChange={(e) => onChange({ ...event, headers: e.target.value })} />
          </Field>
        </div>
      </details>
    </div>
  );
}

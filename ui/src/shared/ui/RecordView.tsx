import type { StoredRecord } from "../api/types";
import { bytes } from "../format/format";
import type { Json } from "../json/exact";
import { JsonValue, Value } from "./Value";

/** Key, headers and value of a record as they are; what is no text is shown as base64 and said to be so. */
export function RecordView({ record }: { record: StoredRecord }) {
  return (
    <div className="record">
      <dl className="record-meta">
        <div>
          <dt>Key</dt>
          <dd className="mono">{record.key ?? (record.key_base64 ? `${record.key_base64} (base64)` : <span className="muted">none</span>)}</dd>
        </div>
        {record.headers.map((header, i) => (
          <div key={i}>
            <dt>{header.name}</dt>
            <dd className="mono">{header.value ?? (header.value_base64 ? `${header.value_base64} (base64)` : "null")}</dd>
          </div>
        ))}
      </dl>
      <RecordValue record={record} />
    </div>
  );
}

function RecordValue({ record }: { record: StoredRecord }) {
  if (record.tombstone) return <p className="muted">Tombstone: the value is null.</p>;
  if (record.truncated) return <p className="muted">Too large to show here ({bytes(record.size)}).</p>;
  if (record.value_base64 !== undefined && record.value === undefined) return <Value text={record.value_base64} label="Value, base64" />;
  return <JsonValue value={record.value as Json} />;
}

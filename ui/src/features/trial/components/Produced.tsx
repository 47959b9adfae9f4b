import type { TestRecord } from "@/shared/api/types";
import type { Json } from "@/shared/json/exact";
import { JsonValue, Value } from "@/shared/ui/Value";

/** The records that would be written, by topic, key, headers and value. */
export function Produced({ records }: { records: TestRecord[] }) {
  if (records.length === 0) return <p className="muted">Nothing would be written.</p>;
  return (
    <>
      <h3>{records.length === 1 ? "One record would be written" : `${records.length} records would be written`}</h3>
      <ul className="stack">
        {records.map((record, i) => (
          <li key={i} className="produced">
            <p className="row">
              to <strong className="mono">{record.topic}</strong>
              <span className="muted">
                key <span className="mono">{record.key ?? "none"}</span>
              </span>
            </p>
            {Object.entries(record.headers ?? {}).map(([name, value]) => (
              <p key={name} className="mono muted">
                {name}: {value}
              </p>
            ))}
            <ProducedValue record={record} />
          </li>
        ))}
      </ul>
    </>
  );
}

function ProducedValue({ record }: { record: TestRecord }) {
  if (record.tombstone) return <p className="muted">Tombstone: the value is null.</p>;
  if (record.value_base64 === undefined) return <JsonValue value={record.value as Json} />;
  const bytes = <Value text={record.value_base64} label="Value, base64" />;
  if (record.value === undefined) return bytes;
  return (
    <>
      <JsonValue value={record.value as Json} />
      <details>
        <summary>The bytes, base64</summary>
        {bytes}
      </details>
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { StoredRecord } from "@/shared/api/types";
import { bytes, moment } from "@/shared/format/format";
import { writeJson } from "@/shared/json/exact";
import { Button } from "@/shared/ui/Button";
import { Field, Input, Select } from "@/shared/ui/Field";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { RecordView } from "@/shared/ui/RecordView";
import { recordsQuery, type Place } from "../api/records";
import "./records.css";

type From = "newest" | "offset" | "time";

/** A window onto a topic's records; it never joins a consumer group. */
export function Records({ topic, partitions }: { topic: string; partitions: number[] }) {
  const [from, setFrom] = useState<From>("newest");
  const [partition, setPartition] = useState("");
  const [offset, setOffset] = useState("0");
  const [time, setTime] = useState("");
  const [limit, setLimit] = useState("50");
  const place: Place = { limit: Number(limit) };
  // An offset means something in one partition only.
  if (partition !== "" || from === "offset") place.partition = Number(partition || partitions[0] || 0);
  if (from === "offset") place.offset = Math.max(0, Math.floor(Number(offset)) || 0);
  if (from === "time" && !Number.isNaN(Date.parse(time))) place.time = new Date(time).toISOString();
  const query = useQuery(recordsQuery(topic, place));
  return (
    <div className="stack">
      <div className="records-form">
        <Field label="From">
          <Select
            value={from}
            onChange={(event) => setFrom(event.target.value as From)}
            options={[
              { value: "newest", label: "the newest" },
              { value: "offset", label: "an offset" },
              { value: "time", label: "a time" },
            ]}
          />
        </Field>
        <Field label="Partition">
          <Select
            value={from === "offset" ? partition || String(partitions[0] ?? 0) : partition}
            onChange={(event) => setPartition(event.target.value)}
            options={[...(from === "offset" ? [] : [{ value: "", label: "all" }]), ...partitions.map((p) => ({ value: String(p), label: String(p) }))]}
          />
        </Field>
        {from === "offset" && (
          <Field label="Offset">
            <Input type="number" min={0} value={offset} onChange={(event) => setOffset(event.target.value)} />
          </Field>
        )}
        {from === "time" && (
          <Field label="Time">
            <Input type="datetime-local" step={1} value={time} onChange={(event) => setTime(event.target.value)} />
          </Field>
        )}
        <Field label="At most">
          <Select value={limit} onChange={(event) => setLimit(event.target.value)} options={["20", "50", "200", "500"].map((value) => ({ value, label: value }))} />
        </Field>
        <Button icon="restart" busy={query.isFetching} onClick={() => void query.refetch()}>
          Read again
        </Button>
      </div>
      {query.isPending && <Loading what="records" lines={6} />}
      {query.isError && <Failure what="records" error={query.error} retry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && <Empty title="No records here">Choose another place, or wait until something is written.</Empty>}
      {query.data && query.data.items.length > 0 && (
        <ul className="records">
          {[...query.data.items]
            .sort((a, b) => (from === "newest" ? Date.parse(b.timestamp) - Date.parse(a.timestamp) : 0))
            .map((record) => (
              <li key={`${record.partition}/${record.offset}`}>
                <details>
                  <summary className="record-line">
                    <span className="num record-place">
                      {record.partition}/{record.offset}
                    </span>
                    <span className="num record-time">{moment(record.timestamp)}</span>
                    <span className="mono record-key">{record.key ?? "–"}</span>
                    <span className="mono record-preview">{preview(record)}</span>
                    <span className="num record-size">{bytes(record.size)}</span>
                  </summary>
                  <div className="record-body">
                    {record.schema_id !== undefined && (
                      <p className="muted">
                        Framed with schema id {record.schema_id}
                        {record.decoded && ", shown as the schema reads it"}
                      </p>
                    )}
                    <RecordView record={record} />
                  </div>
                </details>
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}

function preview(record: StoredRecord): string {
  if (record.tombstone) return "tombstone";
  if (record.truncated) return "too large to show";
  const text = record.value === undefined && record.value_base64 !== undefined ? record.value_base64 : writeJson(record.value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

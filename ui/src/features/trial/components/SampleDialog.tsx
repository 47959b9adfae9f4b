import { useState } from "react";
import { messageOf } from "@/shared/api/problem";
import type { SampleRequest, Spec } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, Input } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import { useSample } from "../api/sample";
import { fromSample, type BenchEvent } from "../model/event";

interface Props {
  source: Spec["source"];
  onAdd: (events: BenchEvent[]) => void;
  onClose: () => void;
}

/** Takes events out of the source topic, or has them made from its schema. */
export function SampleDialog({ source, onAdd, onClose }: Props) {
  const { topic, schema } = source;
  const [from, setFrom] = useState<"topic" | "schema">(topic || !schema ? "topic" : "schema");
  const [count, setCount] = useState("5");
  const [seed, setSeed] = useState("1");
  const [edge, setEdge] = useState(false);
  const [near, setNear] = useState(false);
  const [none, setNone] = useState(false);
  const sample = useSample();
  // Edge cases and near misses may be all that is wanted.
  const least = from === "schema" && (edge || near) ? 0 : 1;
  const take = () => {
    setNone(false);
    const amount = Math.min(1000, Math.max(least, Math.floor(Number(count)) || least));
    const request: SampleRequest =
      from === "topic" ? { topic, count: amount } : { schema, count: amount, seed: Math.floor(Number(seed)) || 0, edge_cases: edge || undefined, near_misses: near || undefined };
    sample.mutate(request, {
      onSuccess: (samples) => {
        if (samples.length === 0) return setNone(true);
        onAdd(samples.map(fromSample));
        onClose();
      },
    });
  };
  const unavailable = from === "topic" ? !topic : !schema;
  return (
    <Dialog
      title="Sample or generate events"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={sample.isPending} disabled={unavailable} onClick={take}>
            Add them
          </Button>
        </>
      }
    >
      <div className="stack">
        <fieldset className="plain stack">
          <legend className="visually-hidden">Where from</legend>
          <label className="check">
            <input type="radio" name="from" checked={from === "topic"} onChange={() => setFrom("topic")} />
            <span>
              The newest of <span className="mono">{topic || "the source topic"}</span>
            </span>
          </label>
          <label className="check">
            <input type="radio" name="from" checked={from === "schema"} onChange={() => setFrom("schema")} />
            <span>
              Made from the schema <span className="mono">{schema?.subject}</span>
            </span>
          </label>
        </fieldset>
        {unavailable && <Notice kind="info">{from === "topic" ? "Choose a source topic first." : "The source has no schema: choose one first."}</Notice>}
        <div className="grid-2">
          <Field label="How many">
            <Input type="number" min={least} max={1000} value={count} onChange={(event) => setCount(event.target.value)} />
          </Field>
          {from === "schema" && (
            <Field label="Seed" hint="The same seed gives the same events.">
              <Input type="number" value={seed} onChange={(event) => setSeed(event.target.value)} />
            </Field>
          )}
        </div>
        {from === "schema" && (
          <>
            <label className="check">
              <input type="checkbox" checked={edge} onChange={(event) => setEdge(event.target.checked)} />
              Edge cases, too: missing fields, nulls, extremes
            </label>
            <label className="check">
              <input type="checkbox" checked={near} onChange={(event) => setNear(event.target.checked)} />
              Near misses, too: events that must be refused
            </label>
          </>
        )}
        {none && <Notice kind="info">The topic has no records yet.</Notice>}
        {sample.isError && <Notice kind="bad">{messageOf(sample.error)}</Notice>}
      </div>
    </Dialog>
  );
}

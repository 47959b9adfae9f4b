import { Code } from "@/shared/code/Code";
import { Field, Input, Issues, Select, TextArea } from "@/shared/ui/Field";
import type { Spec } from "@/shared/api/types";
import type { Problems } from "../hooks/useProblems";
import type { Draft } from "../model/draft";

interface Props {
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
  problems: Problems;
}

const optionalNumber = (text: string) => (text === "" ? undefined : Number(text));

/** Delivery, batches and limits. Empty means the default, which stands in the field. */
export function Delivery({ draft, change, problems }: Props) {
  const { delivery, batch = {}, limits = {} } = draft;
  const exactly = (delivery ?? "exactly_once") === "exactly_once";
  return (
    <div className="grid-2">
      <div data-field="delivery">
        <Field label="Delivery" issues={problems.at("delivery")}>
          <Select
            value={delivery ?? "exactly_once"}
            onChange={(event) => change({ delivery: event.target.value as Spec["delivery"] })}
            options={[
              { value: "exactly_once", label: "exactly once, in transactions" },
              { value: "at_least_once", label: "at least once" },
            ]}
          />
        </Field>
      </div>
      <div data-field="tombstones">
        <Field label="Tombstones (null values)" issues={problems.at("tombstones")}>
          <Select
            value={draft.tombstones ?? "pass"}
            onChange={(event) => change({ tombstones: event.target.value as Spec["tombstones"] })}
            options={[
              { value: "pass", label: "pass the steps by" },
              { value: "steps", label: "go through the steps" },
              { value: "drop", label: "are filtered" },
            ]}
          />
        </Field>
      </div>
      <div data-field="batch.max_records">
        <Field label="Records in a batch, at most" issues={problems.at("batch.max_records")}>
          <Input
            type="number"
            min={1}
            placeholder={exactly ? "10000" : "5000"}
            value={batch.max_records ?? ""}
            onChange={(event) => change({ batch: { ...batch, max_records: optionalNumber(event.target.value) } })}
          />
        </Field>
      </div>
      <div data-field="batch.linger">
        <Field label={exactly ? "Transaction after" : "Batch after"} issues={problems.at("batch.linger")}>
          <Input placeholder={exactly ? "100ms" : "0ms"} value={batch.linger ?? ""} onChange={(event) => change({ batch: { ...batch, linger: event.target.value } })} />
        </Field>
      </div>
      <div data-field="limits.time">
        <Field label="Time for one event in one step" issues={problems.at("limits.time")}>
          <Input placeholder="1s" value={limits.time ?? ""} onChange={(event) => change({ limits: { ...limits, time: event.target.value } })} />
        </Field>
      </div>
      <div data-field="limits.memory">
        <Field label="Memory of a batch" issues={problems.at("limits.memory")}>
          <Input placeholder="256MiB" value={limits.memory ?? ""} onChange={(event) => change({ limits: { ...limits, memory: event.target.value } })} />
        </Field>
      </div>
      <div data-field="limits.rate">
        <Field label="Events per second, at most" issues={problems.at("limits.rate")}>
          <Input
            type="number"
            min={0}
            placeholder="no limit"
            value={limits.rate ?? ""}
            onChange={(event) => change({ limits: { ...limits, rate: optionalNumber(event.target.value) } })}
          />
        </Field>
      </div>
    </div>
  );
}

type Scaling = NonNullable<Spec["scaling"]>;

/** How many instances, and when there should be more. */
export function ScalingFields({ draft, change, problems }: Props) {
  const scaling = draft.scaling ?? {};
  const set = (fields: Scaling) => change({ scaling: { ...scaling, ...fields } });
  const number = (name: "min" | "max" | "lag_seconds" | "lag_threshold" | "cpu", label: string, placeholder: string, hint?: string) => (
    <div data-field={`scaling.${name}`}>
      <Field label={label} hint={hint} issues={problems.at(`scaling.${name}`)}>
        <Input type="number" min={0} placeholder={placeholder} value={scaling[name] ?? ""} onChange={(event) => set({ [name]: optionalNumber(event.target.value) })} />
      </Field>
    </div>
  );
  const duration = (name: "poll" | "cooldown", label: string, placeholder: string) => (
    <div data-field={`scaling.${name}`}>
      <Field label={label} issues={problems.at(`scaling.${name}`)}>
        <Input placeholder={placeholder} value={scaling[name] ?? ""} onChange={(event) => set({ [name]: event.target.value })} />
      </Field>
    </div>
  );
  return (
    <div className="stack">
      <div className="grid-2">
        {number("min", "Instances, at least", "0", "0 lets it scale to zero.")}
        {number("max", "Instances, at most", "1")}
        {number("lag_seconds", "Scale when behind by, seconds", "10")}
        {number("lag_threshold", "or by, records", "none", "In place of the seconds.")}
        {number("cpu", "CPU per cent", "none")}
        {duration("poll", "Look every", "5s")}
        {duration("cooldown", "Scale down after", "1m0s")}
      </div>
      <div className="create-topic" data-field="scaling.partitions">
        <label className="check">
          <input
            type="checkbox"
            checked={scaling.partitions?.grow ?? false}
            onChange={(event) => set({ partitions: event.target.checked ? { ...scaling.partitions, grow: true } : undefined })}
          />
          Let the source topic grow when more instances are wanted than it has partitions. This cannot be undone.
        </label>
        {scaling.partitions?.grow && (
          <div className="grid-2">
            <div data-field="scaling.partitions.max">
              <Field label="Partitions, at most" issues={problems.at("scaling.partitions.max")}>
                <Input
                  type="number"
                  min={1}
                  value={scaling.partitions.max ?? ""}
                  onChange={(event) => set({ partitions: { ...scaling.partitions, max: optionalNumber(event.target.value) } })}
                />
              </Field>
            </div>
            <div data-field="scaling.partitions.metadata_age">
              <Field
                label="Leave new ones alone for"
                hint="The greatest metadata age of the topic's producers: it keeps each key in order."
                issues={problems.at("scaling.partitions.metadata_age")}
              >
                <Input
                  placeholder="5m"
                  value={scaling.partitions.metadata_age ?? ""}
                  onChange={(event) => set({ partitions: { ...scaling.partitions, metadata_age: event.target.value || undefined } })}
                />
              </Field>
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

/** Labels and what is laid over the pods that run the pipeline. */
export function Installation({ draft, change, problems }: Props) {
  return (
    <div className="stack">
      <div data-field="labels">
        <Field label="Labels" hint="name=value, one to a line." issues={problems.at("labels")}>
          <TextArea value={draft.labels} onChange={(event) => change({ labels: event.target.value })} />
        </Field>
      </div>
      <div className="field" data-field="kubernetes">
        <span className="field-label">Kubernetes overrides, as JSON</span>
        <Code language="json" label="Kubernetes overrides" value={draft.kubernetes} onChange={(kubernetes) => change({ kubernetes })} placeholder='{"resources": {}}' />
        <Issues issues={problems.at("kubernetes")} />
      </div>
    </div>
  );
}

import type { Target } from "@/shared/api/types";
import { Field, Input } from "@/shared/ui/Field";
import type { Problems } from "../hooks/useProblems";
import { SchemaPicker } from "./SchemaPicker";
import { TopicPicker } from "./TopicPicker";

interface Props {
  label: string;
  field: string;
  value: Target;
  onChange: (value: Target) => void;
  problems: Problems;
  /** Dead letters have no schema. */
  schema?: boolean;
  placeholder?: string;
  hint?: string;
}

/** A topic to write to, the schema that is checked on the way out, and whether the topic is to be made. */
export function TargetFields({ label, field, value, onChange, problems, schema = true, placeholder, hint }: Props) {
  const missing = problems.all.some((issue) => issue.field === `${field}.topic` && issue.code === "missing_topic");
  return (
    <div className="stack">
      <TopicPicker
        label={label}
        field={`${field}.topic`}
        value={value.topic}
        onChange={(topic) => onChange({ ...value, topic })}
        problems={problems}
        placeholder={placeholder}
        hint={hint}
      />
      {(missing || value.create) && (
        <div className="create-topic" data-field={`${field}.create`}>
          <label className="check">
            <input type="checkbox" checked={value.create !== undefined} onChange={(event) => onChange({ ...value, create: event.target.checked ? { partitions: 0 } : undefined })} />
            Create the topic when the pipeline is saved
          </label>
          {value.create && (
            <div className="grid-2">
              <Field label="Partitions" hint="0: as many as the source has" issues={problems.at(`${field}.create.partitions`)}>
                <Input
                  type="number"
                  min={0}
                  value={value.create.partitions ?? 0}
                  onChange={(event) => onChange({ ...value, create: { ...value.create, partitions: Number(event.target.value) } })}
                />
              </Field>
              <Field label="Replication" hint="0: the cluster’s default" issues={problems.at(`${field}.create.replication`)}>
                <Input
                  type="number"
                  min={0}
                  value={value.create.replication ?? 0}
                  onChange={(event) => onChange({ ...value, create: { ...value.create, replication: Number(event.target.value) } })}
                />
              </Field>
            </div>
          )}
        </div>
      )}
      {schema && (
        <SchemaPicker
          field={`${field}.schema`}
          value={value.schema}
          onChange={(next) => onChange({ ...value, schema: next })}
          problems={problems}
          hint="What the steps make must conform to it."
        />
      )}
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { transformQuery } from "@/shared/catalog/transform";
import { Code } from "@/shared/code/Code";
import type { Transform } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { IconButton } from "@/shared/ui/Button";
import { Combo } from "@/shared/ui/Combo";
import { Field, Input, Issues, Select } from "@/shared/ui/Field";
import type { Problems } from "../hooks/useProblems";
import type { DraftStep } from "../model/draft";
import { Params } from "./Params";

interface Props {
  step: DraftStep;
  index: number;
  count: number;
  transforms: Transform[];
  problems: Problems;
  onChange: (step: DraftStep) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** One step: what it does, where its code is and its parameters. */
export function StepCard({ step, index, count, transforms, problems, onChange, onMove, onRemove }: Props) {
  const at = `steps[${index}]`;
  const known = transforms.find((transform) => transform.id === step.transform);
  const title = step.name || `step ${index + 1}`;
  const choose = (id: string) => {
    const transform = transforms.find((t) => t.id === id);
    const unnamed = /^step_\d+$/.test(step.name) || step.name === known?.export;
    onChange({
      ...step,
      transform: id,
      kind: transform?.kind ?? step.kind,
      name: transform && unnamed && transform.export !== "default" ? transform.export : step.name,
    });
  };
  return (
    <li className="step" data-field={at} data-step={step.key}>
      <header className="step-head">
        <span className="step-number" aria-hidden="true">
          {index + 1}
        </span>
        <h3 className="visually-hidden">
          Step {index + 1}: {title}
        </h3>
        <div className="step-basics">
          <div data-field={`${at}.name`}>
            <Field label="Name" issues={problems.at(`${at}.name`)}>
              <Input value={step.name} onChange={(event) => onChange({ ...step, name: event.target.value })} />
            </Field>
          </div>
          <Field label="Kind" issues={problems.at(`${at}.kind`)}>
            <Select
              value={step.kind}
              onChange={(event) => onChange({ ...step, kind: event.target.value as DraftStep["kind"] })}
              options={[
                { value: "transform", label: "transform: returns the new event" },
                { value: "filter", label: "filter: returns whether to keep it" },
              ]}
            />
          </Field>
          <Field label="Code">
            <Select
              value={step.from}
              onChange={(event) => onChange({ ...step, from: event.target.value as DraftStep["from"] })}
              options={[
                { value: "directory", label: "from the transform directory" },
                { value: "code", label: "inline" },
              ]}
            />
          </Field>
        </div>
        <div className="step-tools">
          <IconButton icon="up" label={`Move ${title} up`} data-move="-1" disabled={index === 0} onClick={() => onMove(-1)} />
          <IconButton icon="down" label={`Move ${title} down`} data-move="1" disabled={index === count - 1} onClick={() => onMove(1)} />
          <IconButton icon="trash" label={`Remove ${title}`} onClick={onRemove} />
        </div>
      </header>
      <Issues issues={problems.at(at).filter(() => step.from === "code" || step.transform !== "")} />
      {step.from === "directory" ? (
        <div className="stack">
          <div data-field={`${at}.transform`}>
            <Combo
              label="Function"
              value={step.transform}
              onChange={choose}
              options={transforms.map((transform) => ({ value: transform.id, detail: transform.kind }))}
              issues={problems.at(`${at}.transform`, step.transform)}
              placeholder="file.ts#export"
              hint={known?.doc.split("\n\n")[0]}
              none="No such function in the transform directory"
            />
          </div>
          {known && <Source id={known.id} />}
        </div>
      ) : (
        <div className="field" data-field={`${at}.code`}>
          <span className="field-label row">
            JavaScript or TypeScript <Badge tone="idle">inline</Badge>
          </span>
          <Code language="ts" label={`Code of ${title}`} value={step.code} issues={problems.at(`${at}.code`)} onChange={(code) => onChange({ ...step, code })} />
          <Issues issues={problems.at(`${at}.code`)} />
        </div>
      )}
      {(step.params !== "" || known?.params !== undefined || step.from === "code") && (
        <ParamsField step={step} at={at} schema={step.from === "directory" ? known?.params : undefined} problems={problems} onChange={onChange} />
      )}
    </li>
  );
}

function ParamsField({ step, at, schema, problems, onChange }: Pick<Props, "step" | "problems" | "onChange"> & { at: string; schema: unknown }) {
  const issues = problems.all.filter((issue) => issue.field?.startsWith(`${at}.params`));
  const form = <Params schema={schema} value={step.params} onChange={(params) => onChange({ ...step, params })} issues={issues} />;
  if (schema !== undefined || step.params !== "") return <div data-field={`${at}.params`}>{form}</div>;
  return (
    <details data-field={`${at}.params`}>
      <summary>Parameters</summary>
      {form}
    </details>
  );
}

/** The function's file, to be looked at without leaving. */
function Source({ id }: { id: string }) {
  const query = useQuery(transformQuery(id));
  if (query.data?.source === undefined) return null;
  return (
    <details>
      <summary>Source of {query.data.file}</summary>
      <Code language="ts" label={`Source of ${query.data.file}`} value={query.data.source} />
    </details>
  );
}

import { Button, IconButton } from "@/shared/ui/Button";
import { Field, Input } from "@/shared/ui/Field";
import type { Problems } from "../hooks/useProblems";
import { newKey, type DraftOutput } from "../model/draft";
import { TargetFields } from "./TargetFields";

/** Further topics by the name that ctx.emit gives. */
export function Outputs({ outputs, onChange, problems }: { outputs: DraftOutput[]; onChange: (outputs: DraftOutput[]) => void; problems: Problems }) {
  return (
    <div className="stack">
      <p className="muted">
        Topics that a step may name: <code>{'ctx.emit(event, {topic: "eu"})'}</code>.
      </p>
      {outputs.map((output, i) => {
        const at = `outputs.${output.name}`;
        return (
          <div key={output.key} className="step" data-field={at}>
            <div className="step-head">
              <div className="step-basics">
                <Field label="Name" issues={problems.at(at)}>
                  <Input value={output.name} onChange={(event) => onChange(outputs.with(i, { ...output, name: event.target.value }))} />
                </Field>
              </div>
              <div className="step-tools">
                <IconButton icon="trash" label={`Remove output ${output.name}`} onClick={() => onChange(outputs.toSpliced(i, 1))} />
              </div>
            </div>
            <TargetFields label="Topic" field={at} value={output.target} onChange={(target) => onChange(outputs.with(i, { ...output, target }))} problems={problems} />
          </div>
        );
      })}
      <div>
        <Button icon="plus" onClick={() => onChange([...outputs, { key: newKey(), name: `output_${outputs.length + 1}`, target: { topic: "" } }])}>
          Add an output
        </Button>
      </div>
    </div>
  );
}

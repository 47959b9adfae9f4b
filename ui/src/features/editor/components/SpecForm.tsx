import type { ReactNode } from "react";
import type { Spec } from "@/shared/api/types";
import { Field, Input, Select, TextArea } from "@/shared/ui/Field";
import { Section } from "@/shared/ui/Page";
import type { Problems } from "../hooks/useProblems";
import type { Draft } from "../model/draft";
import { Outputs } from "./Outputs";
import { SchemaPicker } from "./SchemaPicker";
import { Delivery, Installation, ScalingFields } from "./Settings";
import { Steps } from "./Steps";
import { TargetFields } from "./TargetFields";
import { TopicPicker } from "./TopicPicker";

interface Props {
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
  problems: Problems;
  /** A saved pipeline keeps its name. */
  named: boolean;
}

/** All of a spec, in the order in which a record meets it. */
export function SpecForm({ draft, change, problems, named }: Props) {
  const { source, target, dlq } = draft;
  return (
    <>
      <Section title="Pipeline">
        <div className="stack">
          <div className="grid-2">
            <div data-field="name">
              <Field label="Name" hint={named ? "A name stays for good." : "Lower-case letters, digits and hyphens."} issues={problems.at("name", draft.name)}>
                <Input value={draft.name} readOnly={named} required placeholder="orders-eu" onChange={(event) => change({ name: event.target.value })} />
              </Field>
            </div>
            <div data-field="owner">
              <Field label="Owner" hint="A team or a person to ask." issues={problems.at("owner")}>
                <Input value={draft.owner ?? ""} onChange={(event) => change({ owner: event.target.value })} />
              </Field>
            </div>
          </div>
          <div data-field="description">
            <Field label="Description" issues={problems.at("description")}>
              <TextArea rows={2} value={draft.description ?? ""} onChange={(event) => change({ description: event.target.value })} />
            </Field>
          </div>
        </div>
      </Section>
      <Section title="Source">
        <div className="stack">
          <div className="grid-2">
            <TopicPicker label="Source topic" field="source.topic" value={source.topic} onChange={(topic) => change({ source: { ...source, topic } })} problems={problems} />
            <div data-field="source.start">
              <Field label="Begin at" hint="The first time only; afterwards it goes on where it was." issues={problems.at("source.start")}>
                <Select
                  value={source.start ?? "earliest"}
                  onChange={(event) => change({ source: { ...source, start: event.target.value as Spec["source"]["start"] } })}
                  options={[
                    { value: "earliest", label: "the oldest record" },
                    { value: "latest", label: "what is written from now on" },
                  ]}
                />
              </Field>
            </div>
          </div>
          <SchemaPicker
            field="source.schema"
            value={source.schema}
            onChange={(schema) => change({ source: { ...source, schema } })}
            problems={problems}
            hint="Events that do not conform become dead letters."
            incoming
          />
        </div>
      </Section>
      <Section title="Steps" aside={<span className="muted">each gets what the one before made</span>}>
        <div data-field="steps">
          <Steps steps={draft.steps} onChange={(steps) => change({ steps })} problems={problems} />
        </div>
      </Section>
      <Section title="Target">
        <TargetFields label="Target topic" field="target" value={target} onChange={(next) => change({ target: next })} problems={problems} />
      </Section>
      <Section title="What fails">
        <div className="stack">
          <div className="grid-2">
            <TargetFields
              label="Dead-letter topic"
              field="dlq"
              value={dlq ?? { topic: "" }}
              onChange={(next) => change({ dlq: next.topic === "" && !next.create ? undefined : next })}
              problems={problems}
              schema={false}
              placeholder="None"
              hint="Keeps the original record with the reason in its headers."
            />
            <div data-field="on_error">
              <Field label="When a record fails" issues={problems.at("on_error")}>
                <Select
                  value={draft.on_error ?? ""}
                  onChange={(event) => change({ on_error: (event.target.value || undefined) as Spec["on_error"] })}
                  options={[
                    { value: "", label: dlq?.topic ? "default: dead letter" : "default: stop the pipeline" },
                    { value: "dead_letter", label: "write a dead letter" },
                    { value: "drop", label: "drop it, and count it" },
                    { value: "stop", label: "stop the pipeline at it" },
                  ]}
                />
              </Field>
            </div>
          </div>
        </div>
      </Section>
      <Section title="More">
        <div className="stack">
          <More title="Delivery, batches and limits">
            <Delivery draft={draft} change={change} problems={problems} />
          </More>
          <More title={`Further outputs${draft.outputs.length ? ` (${draft.outputs.length})` : ""}`}>
            <Outputs outputs={draft.outputs} onChange={(outputs) => change({ outputs })} problems={problems} />
          </More>
          <More title="Scaling">
            <ScalingFields draft={draft} change={change} problems={problems} />
          </More>
          <More title="Labels and Kubernetes">
            <Installation draft={draft} change={change} problems={problems} />
          </More>
        </div>
      </Section>
    </>
  );
}

const More = ({ title, children }: { title: string; children: ReactNode }) => (
  <details className="more">
    <summary>{title}</summary>
    {children}
  </details>
);

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Pipeline, SchemaRef, Status } from "@/shared/api/types";
import { count, exactCount, rate } from "@/shared/format/format";
import { Badge } from "@/shared/ui/Badge";
import "./topology.css";

/** The way of a record from source to target, with what goes where. In reading order it is a list of stations. */
export function Topology({ pipeline, status }: { pipeline: Pipeline; status?: Status }) {
  const { source, target, dlq, outputs = {} } = pipeline;
  const steps = pipeline.steps ?? [];
  const counts = status?.counts;
  const errorsAt = (stage: string) => status?.last_errors.filter((e) => e.stage === stage).length ?? 0;
  return (
    <div className="topo">
      <ol className="topo-line" aria-label="From source to target">
        <Station kind="source" title={<TopicLink topic={source.topic} />} note={schemaNote(source.schema)} errors={errorsAt("schema_in")}>
          <Amount label="read" now={status?.rates.read} total={counts?.read} />
        </Station>
        {steps.map((step) => (
          <Station
            key={step.name}
            kind={step.kind}
            title={step.name}
            errors={errorsAt(`step:${step.name}`)}
            note={
              step.transform ? (
                <Link to="/transforms/$id" params={{ id: step.transform }} className="mono">
                  {step.transform}
                </Link>
              ) : (
                <span title={step.code}>inline code</span>
              )
            }
          />
        ))}
        <Station kind="target" title={<TopicLink topic={target.topic} />} note={schemaNote(target.schema)} errors={errorsAt("schema_out")}>
          <Amount label="delivered" now={status?.rates.delivered} total={counts?.delivered} />
        </Station>
        {Object.entries(outputs).map(([name, output]) => (
          <Station key={name} kind={`output ${name}`} title={<TopicLink topic={output.topic} />} note={schemaNote(output.schema)} />
        ))}
      </ol>
      <ul className="topo-out" aria-label="What does not reach the target">
        <li>
          <span className="topo-swatch topo-filtered" aria-hidden="true" /> Filtered <Amount now={status?.rates.filtered} total={counts?.filtered} />
        </li>
        <li>
          <span className="topo-swatch topo-dead" aria-hidden="true" />
          {dlq ? (
            <>
              Dead letters to <TopicLink topic={dlq.topic} />
            </>
          ) : (
            <>On an error: {pipeline.on_error ?? "stop"}</>
          )}
          <Amount now={status?.rates.dead_lettered} total={counts?.dead_lettered} />
        </li>
        {counts && counts.dropped > 0 && (
          <li>
            <span className="topo-swatch topo-dead" aria-hidden="true" /> Dropped <Amount total={counts.dropped} />
          </li>
        )}
        {counts && counts.in_flight > 0 && (
          <li>
            <span className="topo-swatch" aria-hidden="true" /> In flight <Amount total={counts.in_flight} />
          </li>
        )}
      </ul>
    </div>
  );
}

function Station({ kind, title, note, errors = 0, children }: { kind: string; title: ReactNode; note?: ReactNode; errors?: number; children?: ReactNode }) {
  return (
    <li className={`station station-${kind.split(" ")[0]}`}>
      <span className="station-kind">{kind}</span>
      <span className="station-title">{title}</span>
      {note && <span className="station-note">{note}</span>}
      {children}
      {errors > 0 && <Badge tone="bad">failed lately</Badge>}
    </li>
  );
}

function Amount({ label, now, total }: { label?: string; now?: number; total?: number }) {
  if (total === undefined) return null;
  return (
    <span className="amount num" title={`${exactCount(total)} in total`}>
      {now !== undefined && <strong>{rate(now)}/s </strong>}
      <span className="muted">
        {count(total)} {label}
      </span>
    </span>
  );
}

const TopicLink = ({ topic }: { topic: string }) => (
  <Link to="/topics/$topic" params={{ topic }} className="mono">
    {topic}
  </Link>
);

const versionText = (version: SchemaRef["version"]) => (typeof version === "number" ? `v${version}` : (version ?? "latest"));

const schemaNote = (schema?: SchemaRef) =>
  schema && (
    <Link to="/schemas/$subject" params={{ subject: schema.subject }}>
      {schema.subject} {versionText(schema.version)}
    </Link>
  );

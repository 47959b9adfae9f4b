import { Link } from "@tanstack/react-router";
import type { Misfit, OlderVersion, PipelineCheck, SchemaCheck, SchemaTrial } from "@/shared/api/types";
import { exactCount } from "@/shared/format/format";
import type { Json } from "@/shared/json/exact";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Notice } from "@/shared/ui/Notice";
import { outcomeNames, outcomeTones, stageTitle } from "@/shared/ui/outcome";
import { Section } from "@/shared/ui/Page";
import { JsonValue } from "@/shared/ui/Value";
import "./check.css";

const tones: Record<PipelineCheck["verdict"], Tone> = { fits: "ok", breaks: "bad", unaffected: "idle", unknown: "warn" };

/** What a new version would do: the registry's word, how its events differ, and what becomes of each pipeline. */
export function CheckResult({ found }: { found: SchemaCheck }) {
  const { pipelines, older = [], older_left_out: more = 0 } = found;
  return (
    <>
      <Verdict found={found} />
      <Section title="Pipelines">
        {pipelines.length === 0 && <p className="muted">No pipeline uses the subject.</p>}
        <ul className="check-pipelines">
          {pipelines.map((pipeline) => (
            <Pipeline key={`${pipeline.pipeline}/${pipeline.as}`} check={pipeline} />
          ))}
        </ul>
      </Section>
      {[found, ...older].map((version) => (
        <Comparison key={version.version} with={version} />
      ))}
      {more > 0 && <p className="muted">{exactCount(more)} versions before those were not looked at.</p>}
    </>
  );
}

/** The registry's word, and how events differ from those of one version. */
function Comparison({ with: { version, registry, differences, reason } }: { with: OlderVersion }) {
  return (
    <Section title={`Compared with version ${version}`}>
      <div className="stack">
        <div className="row">
          <Badge tone={registry.compatible ? "ok" : "bad"}>{registry.compatible ? "the registry takes it" : "the registry would refuse it"}</Badge>
          {registry.level && <span className="muted">by its rule {registry.level}</span>}
        </div>
        {registry.messages.map((message) => (
          <p key={message} className="check-message">
            {message}
          </p>
        ))}
        {reason && <p className="check-message">It could not be compared or tried in full: {reason}</p>}
        {differences.length === 0 ? (
          !reason && <p className="muted">Events look the same.</p>
        ) : (
          <ul className="check-differences" aria-label={`Differences to version ${version}`}>
            {differences.map(({ path, kind, message }) => (
              <li key={`${path} ${kind} ${message}`}>
                {path === "" ? "the event" : <code>{path}</code>} {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}

function Verdict({ found }: { found: SchemaCheck }) {
  const broken = found.pipelines.filter(({ verdict }) => verdict === "breaks").length;
  switch (found.verdict) {
    case "breaks":
      return (
        <Notice kind="bad" title={broken > 0 ? `It breaks ${broken === 1 ? "1 pipeline" : `${broken} pipelines`}` : found.registry.compatible ? "It does not go with every older version" : "It cannot be registered"}>
          {!found.registry.compatible && "The registry would refuse it."} Nothing has been registered.
        </Notice>
      );
    case "unknown":
      return (
        <Notice kind="warn" title="Nothing is known to break, but not everything could be tried">
          Nothing has been registered.
        </Notice>
      );
    default:
      return (
        <Notice kind="ok" title="Every pipeline goes on">
          Nothing has been registered.
        </Notice>
      );
  }
}

function Pipeline({ check }: { check: PipelineCheck }) {
  return (
    <li className="stack">
      <div className="row">
        <Badge tone={tones[check.verdict]}>{check.verdict}</Badge>
        <Link to="/pipelines/$name" params={{ name: check.pipeline }}>
          <strong>{check.pipeline}</strong>
        </Link>
        <span className="muted">
          as {check.as}, version {check.version}
        </span>
      </div>
      {check.reason && <p>It {check.reason}.</p>}
      {check.trials.map((trial) => (
        <Trial key={`${trial.of} ${trial.version}`} trial={trial} />
      ))}
    </li>
  );
}

const whose: Record<SchemaTrial["of"], string> = {
  new: "events of the new version",
  current: "events of the present version",
  older: "events of version",
  incoming: "events of its incoming schema",
  topic: "newest records of its source topic",
  oldest: "oldest records of its source topic",
};

function Trial({ trial }: { trial: SchemaTrial }) {
  return (
    <div className="check-trial">
      <div className="row">
        <span>
          {exactCount(trial.events)} {whose[trial.of]}
          {trial.version && ` ${trial.version}`}:
        </span>
        <Outcomes of={trial.outcomes} />
        {differ(trial) && <span className="muted">as things are: {inWords(trial.outcomes_before)}</span>}
      </div>
      {trial.problems.length > 0 && (
        <ul className="stack">
          {trial.problems.map((problem, i) => (
            <Problem key={i} problem={problem} />
          ))}
        </ul>
      )}
    </div>
  );
}

const nameOf = (outcome: string) => outcomeNames[outcome as keyof typeof outcomeNames] ?? outcome;

const inWords = (outcomes: Record<string, number>) =>
  Object.entries(outcomes).toSorted().map(([outcome, count]) => `${exactCount(count)} ${nameOf(outcome)}`).join(", ");

/** Whether other things become of the events than do now. */
const differ = (trial: SchemaTrial) => inWords(trial.outcomes) !== inWords(trial.outcomes_before);

function Outcomes({ of }: { of: Record<string, number> }) {
  return Object.entries(of).map(([outcome, count]) => (
    <Badge key={outcome} tone={outcomeTones[outcome as keyof typeof outcomeTones] ?? "idle"}>
      {exactCount(count)} {nameOf(outcome)}
    </Badge>
  ));
}

function Problem({ problem }: { problem: Misfit }) {
  return (
    <li className="check-problem">
      <div className="row">
        <strong className="num">{exactCount(problem.count)} ×</strong>
        <Badge tone={problem.new ? "bad" : "idle"}>{problem.code}</Badge>
        <span className="muted">
          {problem.pipeline && <>in {problem.pipeline}, </>}
          {stageTitle(problem.stage)}
          {!problem.new && ", as before"}
        </span>
      </div>
      <p className="check-message">{problem.message}</p>
      <details>
        <summary>Such an event</summary>
        <JsonValue value={problem.event.value as Json} label="Such an event" />
      </details>
    </li>
  );
}

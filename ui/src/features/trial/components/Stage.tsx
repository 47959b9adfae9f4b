import type { StageResult } from "@/shared/api/types";
import { micros } from "@/shared/format/format";
import { writeJson } from "@/shared/json/exact";
import { Badge } from "@/shared/ui/Badge";
import { Diff } from "@/shared/ui/Diff";
import { Value } from "@/shared/ui/Value";
import { stageNames, stageTitle, stageTones } from "@/shared/ui/outcome";

/** One stage: what it made of the event, or why it failed and where. */
export function Stage({ stage, before, open }: { stage: StageResult; before?: string; open: boolean }) {
  const after = stage.output === undefined ? undefined : writeJson(stage.output, 2);
  return (
    <li className="stage">
      <details open={open}>
        <summary className="stage-head">
          <span className="stage-name">{stageTitle(stage.stage)}</span>
          <Badge tone={stageTones[stage.outcome]}>{stageNames[stage.outcome]}</Badge>
          {stage.outcome !== "not_reached" && <span className="muted num">{micros(stage.duration_us)}</span>}
          {stage.outcome === "ok" && before !== undefined && after === before && <span className="muted">unchanged</span>}
        </summary>
        <div className="stage-body">
          {stage.error && <StageError error={stage.error} />}
          {stage.outcome === "filtered" && (
            <p className="muted">{stage.stage === "schema_in" ? "Another type of event" : "A falsy result"}: the event ends here and is counted as filtered.</p>
          )}
          {stage.outcome === "not_reached" && <p className="muted">An earlier stage ended the event.</p>}
          {after !== undefined &&
            (before === undefined ? (
              <Value text={after} label="What came out" />
            ) : after === before ? (
              <details>
                <summary>What went in and came out</summary>
                <Value text={after} label="What went in and came out" />
              </details>
            ) : (
              <>
                <Diff before={before} after={after} label={`What ${stageTitle(stage.stage)} changed`} />
                <details>
                  <summary>All of what came out</summary>
                  <Value text={after} label="What came out" />
                </details>
              </>
            ))}
        </div>
      </details>
    </li>
  );
}

function StageError({ error }: { error: NonNullable<StageResult["error"]> }) {
  return (
    <div className="stage-error">
      <p className="row">
        <Badge tone="bad">{error.code}</Badge>
        {error.file && (
          <code>
            {error.file}:{error.line}:{error.column}
          </code>
        )}
        {error.pointer !== undefined && (
          <code>
            {error.pointer || "/"} {error.rule && `(${error.rule})`}
          </code>
        )}
      </p>
      <p className="stage-message">{error.message}</p>
      {error.frame && (
        <pre className="code" tabIndex={0} role="region" aria-label="The place in the source">
          {error.frame}
        </pre>
      )}
      {error.stack && (
        <details>
          <summary>Stack</summary>
          <pre className="code" tabIndex={0} role="region" aria-label="Stack">{error.stack}</pre>
        </details>
      )}
    </div>
  );
}

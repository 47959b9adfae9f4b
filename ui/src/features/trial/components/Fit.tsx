import { messageOf } from "@/shared/api/problem";
import type { Misfit, Spec } from "@/shared/api/types";
import { exactCount } from "@/shared/format/format";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Issues } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import { useFit } from "../api/fit";
import { fromSample, type BenchEvent } from "../model/event";
import { outcomeNames, outcomeTones, stageTitle } from "@/shared/ui/outcome";

/** Asks whether generated events come through, and what the pipelines that read the target would make of them. */
export function Fit({ spec, onAdd }: { spec: Spec; onAdd: (events: BenchEvent[]) => void }) {
  const fit = useFit();
  const found = fit.data?.fit;
  const blocking = fit.data?.errors.filter((issue) => !issue.warning) ?? [];
  return (
    <div className="fit">
      <div className="row spread">
        <p className="muted">Does what comes out fit? Events generated from the incoming schema, edge cases included, tell.</p>
        <Button icon="flask" busy={fit.isPending} disabled={!spec.source.schema} onClick={() => fit.mutate(spec)}>
          Check the fit
        </Button>
      </div>
      {!spec.source.schema && <p className="muted">That needs an incoming schema.</p>}
      {fit.isError && <Notice kind="bad">{messageOf(fit.error)}</Notice>}
      {blocking.length > 0 && (
        <Notice kind="warn" title={found ? "It cannot run as it is" : "It could not be checked"}>
          <Issues issues={blocking} />
        </Notice>
      )}
      {found && (
        <div className="row" role="status">
          <strong>{exactCount(found.events)} events:</strong>
          {Object.entries(found.outcomes).map(([outcome, count]) => (
            <Badge key={outcome} tone={outcomeTones[outcome as keyof typeof outcomeTones] ?? "idle"}>
              {exactCount(count)} {outcomeNames[outcome as keyof typeof outcomeNames] ?? outcome}
            </Badge>
          ))}
          {found.problems.length === 0 && <span className="muted">everything fits</span>}
        </div>
      )}
      {found && found.problems.length > 0 && (
        <ul className="stack">
          {found.problems.map((problem, i) => (
            <Problem key={i} problem={problem} onAdd={() => onAdd([fromSample({ event: problem.event, note: problem.message })])} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Problem({ problem, onAdd }: { problem: Misfit; onAdd: () => void }) {
  return (
    <li className="misfit">
      <div className="row">
        <strong className="num">{exactCount(problem.count)} ×</strong>
        <Badge tone="bad">{problem.code}</Badge>
        <span className="muted">
          {problem.pipeline && <>in {problem.pipeline}, </>}
          {stageTitle(problem.stage)}
        </span>
      </div>
      <p className="stage-message">{problem.message}</p>
      <div>
        <Button variant="quiet" onClick={onAdd}>
          Put such an event on the bench
        </Button>
      </div>
    </li>
  );
}

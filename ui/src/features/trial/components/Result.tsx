import type { StageResult, TestResult } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { parseJson, writeJson } from "@/shared/json/exact";
import { isJson, type BenchEvent } from "../model/event";
import { outcomeNames, outcomeTones } from "@/shared/ui/outcome";
import { Produced } from "./Produced";
import { Stage } from "./Stage";

/** What became of one event: every stage with what it changed, then what would be written. */
export function Result({ event, result }: { event: BenchEvent; result: TestResult }) {
  const inputs = inputsOf(event, result.stages);
  return (
    <section className="result" aria-label="What became of it">
      <h3 className="row">
        Outcome <Badge tone={outcomeTones[result.outcome]}>{outcomeNames[result.outcome]}</Badge>
      </h3>
      <ol className="stages">
        {result.stages.map((stage, i) => (
          <Stage key={i} stage={stage} before={inputs[i]} open={stage.outcome === "failed"} />
        ))}
      </ol>
      <Produced records={result.records} />
    </section>
  );
}

/** What went into each stage: what the last one before it made, at first the event itself; nothing while it is not JSON. */
function inputsOf(event: BenchEvent, stages: StageResult[]): (string | undefined)[] {
  const first = event.as === "json" && isJson(event.value) ? writeJson(parseJson(event.value), 2) : undefined;
  return stages.map((_, i) => {
    const before = stages.slice(0, i).findLast((stage) => stage.outcome === "ok" && stage.output !== undefined);
    return before ? writeJson(before.output, 2) : first;
  });
}

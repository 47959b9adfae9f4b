import type { TestResult } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { parseJson, writeJson } from "@/shared/json/exact";
import { isJson, type BenchEvent } from "../model/event";
import { outcomeNames, outcomeTones } from "./outcome";
import { Produced } from "./Produced";
import { Stage } from "./Stage";

/** What became of one event: every stage with what it changed, then what would be written. */
export function Result({ event, result }: { event: BenchEvent; result: TestResult }) {
  let input = event.as === "json" && isJson(event.value) ? writeJson(parseJson(event.value), 2) : undefined;
  const stages = result.stages.map((stage, i) => {
    const before = input;
    if (stage.outcome === "ok" && stage.output !== undefined) input = writeJson(stage.output, 2);
    return <Stage key={i} stage={stage} before={before} open={stage.outcome === "failed"} />;
  });
  return (
    <section className="result" aria-label="What became of it">
      <h3 className="row">
        Outcome <Badge tone={outcomeTones[result.outcome]}>{outcomeNames[result.outcome]}</Badge>
      </h3>
      <ol className="stages">{stages}</ol>
      <Produced records={result.records} />
    </section>
  );
}

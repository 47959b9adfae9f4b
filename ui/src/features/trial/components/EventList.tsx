import type { TestResult } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { IconButton } from "@/shared/ui/Button";
import type { BenchEvent } from "../model/event";
import { outcomeNames, outcomeTones } from "@/shared/ui/outcome";

interface Props {
  events: BenchEvent[];
  results: Map<BenchEvent, TestResult>;
  chosen: string;
  onChoose: (id: string) => void;
  onRemove: (id: string) => void;
}

/** The events of the bench with what became of each. */
export function EventList({ events, results, chosen, onChoose, onRemove }: Props) {
  return (
    <ol className="bench-events" aria-label="Events">
      {events.map((event, i) => {
        const result = results.get(event);
        return (
          <li key={event.id} className={event.id === chosen ? "bench-event bench-event-chosen" : "bench-event"}>
            <button type="button" className="bench-choose" aria-current={event.id === chosen} onClick={() => onChoose(event.id)}>
              <span className="row">
                <strong>Event {i + 1}</strong>
                {result && <Badge tone={outcomeTones[result.outcome]}>{outcomeNames[result.outcome]}</Badge>}
                {event.invalid && <Badge tone="warn">must be refused</Badge>}
              </span>
              <span className="bench-preview">{event.note ?? (event.as === "tombstone" ? "tombstone" : event.value.replace(/\s+/g, " ").slice(0, 80))}</span>
            </button>
            <IconButton icon="close" label={`Remove event ${i + 1}`} onClick={() => onRemove(event.id)} />
          </li>
        );
      })}
    </ol>
  );
}

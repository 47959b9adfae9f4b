import type { DeadLetter } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { RecordView } from "@/shared/ui/RecordView";
import { Time } from "@/shared/ui/Time";

/** One dead letter: where it came from, why it failed and its bytes. */
export function DeadLetterView({ letter, onReplay, onEdit }: { letter: DeadLetter; onReplay?: () => void; onEdit?: () => void }) {
  const { record, source } = letter;
  return (
    <li className="dl-record">
      <div className="row spread">
        <p className="muted">
          {source ? (
            <>
              from <span className="mono">{source.topic}/{source.partition}</span> offset <span className="num">{source.offset}</span>
            </>
          ) : (
            <>offset {record.offset}</>
          )}
          , <Time iso={record.timestamp} />
          {letter.revision !== undefined && <>, revision {letter.revision}</>}
          {letter.attempt > 1 && <>, failed {letter.attempt} times</>}
        </p>
        {letter.replayed ? (
          <Badge tone="accent">replayed</Badge>
        ) : (
          <div className="row">
            {onEdit && (
              <Button variant="quiet" onClick={onEdit}>
                Edit and replay
              </Button>
            )}
            {onReplay && (
              <Button variant="quiet" onClick={onReplay}>
                Replay this one
              </Button>
            )}
          </div>
        )}
      </div>
      <p className="dl-message">{letter.message}</p>
      <RecordView record={record} />
    </li>
  );
}

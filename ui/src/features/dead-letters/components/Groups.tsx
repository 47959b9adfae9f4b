import { useState } from "react";
import type { DeadLetterGroup, DeadLetterReplay } from "@/shared/api/types";
import { count, exactCount } from "@/shared/format/format";
import { useMay } from "@/shared/session/session";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Time } from "@/shared/ui/Time";
import { draftOf, type Draft } from "../model/edit";
import { DeadLetterView } from "./DeadLetterView";
import { ReplayConfirm } from "./ReplayConfirm";
import "./dead-letters.css";

/** One entry per cause, newest first, each with its records and its replay. Unless all were counted, a replay takes older ones, too. */
export function Groups({ name, groups, complete }: { name: string; groups: DeadLetterGroup[]; complete: boolean }) {
  const mayReplay = useMay("operator");
  const [asking, setAsking] = useState<{ what: DeadLetterReplay; title: string; size: number; older?: boolean; draft?: Draft }>();
  return (
    <>
      <ul className="dl-groups">
        {groups.map((group) => (
          <li key={group.fingerprint} className="dl-group">
            <div className="dl-head">
              <div className="dl-what">
                <div className="row">
                  <strong className="num" title={exactCount(group.count)}>
                    {count(group.count)} ×
                  </strong>
                  <Badge tone="bad">{group.code}</Badge>
                  <span className="mono muted">{group.stage}</span>
                  {group.replayed > 0 && <Badge tone="accent">{count(group.replayed)} replayed</Badge>}
                </div>
                <p className="dl-message">{group.message}</p>
                <p className="muted">
                  last <Time iso={group.last} />, first <Time iso={group.first} />
                </p>
              </div>
              <Button
                icon="restart"
                disabled={!mayReplay || (complete && group.replayed >= group.count)}
                onClick={() =>
                  setAsking({
                    what: { fingerprint: group.fingerprint },
                    title: "Replay this group?",
                    size: group.count - group.replayed,
                    older: !complete,
                  })
                }
              >
                Replay {count(group.count - group.replayed)}
                {!complete && " and older ones"}
                <span className="visually-hidden"> of group {group.fingerprint}</span>
              </Button>
            </div>
            <details>
              <summary>
                {group.records.length} newest {group.records.length === 1 ? "record" : "records"}
              </summary>
              <ul className="stack dl-records">
                {group.records.map((letter) => {
                  const { partition, offset } = letter.record;
                  const what = { records: [{ partition, offset }] };
                  const draft = draftOf(letter.record);
                  return (
                    <DeadLetterView
                      key={`${partition}/${offset}`}
                      letter={letter}
                      onReplay={mayReplay ? () => setAsking({ what, title: "Replay this record?", size: 1 }) : undefined}
                      onEdit={mayReplay && draft ? () => setAsking({ what, title: "Replay this record with another value?", size: 1, draft }) : undefined}
                    />
                  );
                })}
              </ul>
            </details>
          </li>
        ))}
      </ul>
      {asking && <ReplayConfirm name={name} {...asking} onClose={() => setAsking(undefined)} />}
    </>
  );
}

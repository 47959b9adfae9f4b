import { Link } from "@tanstack/react-router";
import type { AuditEntry } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";
import { Badge } from "@/shared/ui/Badge";
import { Diff } from "@/shared/ui/Diff";
import { Time } from "@/shared/ui/Time";
import "./audit.css";

/** What was done, by whom and when, with the difference it made to the spec. */
export function AuditList({ entries }: { entries: AuditEntry[] }) {
  return (
    <ul className="panel plain-list">
      {entries.map((entry) => (
        <li key={entry.id} className="stack">
          <details>
            <summary className="audit-line">
              <span className="muted">
                <Time iso={entry.time} />
              </span>
              <span>{entry.actor || "unknown"}</span>
              <span>
                <Badge tone="idle">{entry.action}</Badge>
              </span>
              <strong>{entry.pipeline}</strong>
            </summary>
            <div className="stack audit-body">
              <Diff label={`What ${entry.action} changed`} before={text(entry.before)} after={text(entry.after)} />
              <p>
                <Link to="/pipelines/$name" params={{ name: entry.pipeline }}>
                  Go to {entry.pipeline}
                </Link>
              </p>
            </div>
          </details>
        </li>
      ))}
    </ul>
  );
}

const text = (spec: unknown) => (spec === null || spec === undefined ? "" : writeJson(spec, 2));

import type { ScalingChange } from "@/shared/api/types";
import { Badge } from "@/shared/ui/Badge";
import { Time } from "@/shared/ui/Time";
import { causes, subjects } from "../model/words";

/** Every change with its cause, the newest first. */
export function Changes({ changes }: { changes: ScalingChange[] }) {
  return (
    <ol className="scale-changes">
      {changes.map((c) => (
        <li key={c.id}>
          <div className="row">
            <strong className="num">
              {c.from === c.to ? `${subjects[c.of]} stay ${c.to}` : `${subjects[c.of]} ${c.from} → ${c.to}`}
            </strong>
            <Badge tone={c.cause === "growth" || c.cause === "manual" ? "accent" : "idle"}>{causes[c.cause]}</Badge>
            <span className="muted">
              <Time iso={c.time} />
              {c.actor && <> by {c.actor}</>}
            </span>
          </div>
          <p className="scale-why">{c.message}</p>
        </li>
      ))}
    </ol>
  );
}

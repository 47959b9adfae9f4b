import "./pipelines.css";
import type { Status } from "@/shared/api/types";
import { count, rate } from "@/shared/format/format";
import { useStatuses } from "../hooks/live";

/** The whole installation in one line: what moves, what fails, how far behind. */
export function Summary({ statuses }: { statuses: Status[] }) {
  const now = useStatuses(statuses);
  const sum = (of: (status: Status) => number) => now.reduce((total, status) => total + of(status), 0);
  const running = now.filter((status) => status.phase === "running").length;
  const trouble = now.filter((status) => ["waiting", "rejected", "failed"].includes(status.phase)).length;
  const dead = sum((status) => status.rates.dead_lettered);
  return (
    <dl className="summary" aria-label="All pipelines">
      <Tile label="Running" value={`${running} of ${now.length}`} note={trouble ? `${trouble} ${trouble === 1 ? "needs" : "need"} attention` : "none in trouble"} bad={trouble > 0} />
      <Tile label="Read" value={rate(sum((s) => s.rates.read))} unit="/s" note={`${count(sum((s) => s.counts.read))} in total`} />
      <Tile label="Delivered" value={rate(sum((s) => s.rates.delivered))} unit="/s" note={`${count(sum((s) => s.counts.delivered))} in total`} />
      <Tile label="Filtered" value={rate(sum((s) => s.rates.filtered))} unit="/s" note={`${count(sum((s) => s.counts.filtered))} in total`} />
      <Tile label="Dead-lettered" value={rate(dead)} unit="/s" note={`${count(sum((s) => s.counts.dead_lettered))} in total`} bad={dead > 0} />
      <Tile label="Lag" value={count(sum((s) => s.lag))} note="records behind" />
    </dl>
  );
}

function Tile({ label, value, unit, note, bad }: { label: string; value: string; unit?: string; note: string; bad?: boolean }) {
  return (
    <div className={bad ? "tile tile-bad" : "tile"}>
      <dt>{label}</dt>
      <dd>
        <span className="tile-value num">
          {value}
          {unit && <small>{unit}</small>}
        </span>
        <span className="tile-note">{note}</span>
      </dd>
    </div>
  );
}

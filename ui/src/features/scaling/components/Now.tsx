import type { Scaling } from "@/shared/api/types";
import { count, exactCount, rate } from "@/shared/format/format";
import "./scaling.css";

/** What the number of instances is, and the figures that decide it. */
export function Now({ scaling: s }: { scaling: Scaling }) {
  return (
    <dl className="scale-now">
      <Tile term="Instances" value={String(s.replicas)} note={s.ready === s.replicas ? "all ready" : `${s.ready} ready`} />
      <Tile term="Bounds" value={s.min === s.max ? String(s.max) : `${s.min} to ${s.max}`} note={s.scales ? `the lag alone wants ${exactCount(s.wanted)}` : "fixed"} />
      <Tile term="Lag" value={count(s.lag)} note={s.threshold > 0 ? `one instance for each ${exactCount(s.threshold)}` : "records not read yet"} />
      <Tile
        term="Partitions"
        value={s.partitions > 0 ? String(s.partitions) : "unknown"}
        note={s.growth ? `may grow to ${s.growth.max}` : "one instance each at most"}
      />
      {s.rate > 0 && <Tile term="Pace" value={`${rate(s.rate)}/s`} note="of one instance while behind" />}
    </dl>
  );
}

function Tile({ term, value, note }: { term: string; value: string; note: string }) {
  return (
    <div className="scale-tile">
      <dt>{term}</dt>
      <dd>
        <span className="scale-value num">{value}</span>
        <span className="muted">{note}</span>
      </dd>
    </div>
  );
}

import type { Phase } from "@/shared/api/types";
import { SearchField } from "@/shared/ui/SearchField";
import { phases } from "./PhaseBadge";

interface Props {
  search: string;
  phase?: Phase;
  counts: Map<Phase, number>;
  onSearch: (search: string) => void;
  onPhase: (phase?: Phase) => void;
}

/** Search by text, narrow down by phase. Phases that no pipeline is in are not offered. */
export function Filters({ search, phase, counts, onSearch, onPhase }: Props) {
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  return (
    <search className="filters">
      <SearchField label="Search pipelines" placeholder="Name, topic, owner…" value={search} onChange={onSearch} />
      <div className="chips" role="group" aria-label="Filter by state">
        <Chip label="all" count={total} pressed={!phase} onClick={() => onPhase(undefined)} />
        {phases
          .filter((p) => counts.get(p) || p === phase)
          .map((p) => (
            <Chip key={p} label={p} count={counts.get(p) ?? 0} pressed={p === phase} onClick={() => onPhase(p === phase ? undefined : p)} />
          ))}
      </div>
    </search>
  );
}

function Chip({ label, count, pressed, onClick }: { label: string; count: number; pressed: boolean; onClick: () => void }) {
  return (
    <button type="button" className="chip" aria-pressed={pressed} onClick={onClick}>
      {label} <span className="num">{count}</span>
    </button>
  );
}

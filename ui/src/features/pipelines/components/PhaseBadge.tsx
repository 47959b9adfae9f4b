import type { Phase } from "@/shared/api/types";
import { Badge, type Tone } from "@/shared/ui/Badge";

export const phases: readonly Phase[] = ["running", "waiting", "rejected", "failed", "pending", "paused", "stopped"];

const tones: Record<Phase, Tone> = {
  running: "ok",
  waiting: "warn",
  rejected: "bad",
  failed: "bad",
  pending: "accent",
  paused: "idle",
  stopped: "idle",
};

const meanings: Record<Phase, string> = {
  running: "Reads and delivers",
  waiting: "Runs, but cannot make progress",
  rejected: "The newest revision was refused; the one before goes on",
  failed: "Nothing runs",
  pending: "On its way to the engine",
  paused: "Keeps its place and reads nothing",
  stopped: "Taken off the engines",
};

export function PhaseBadge({ phase }: { phase: Phase }) {
  return (
    <span title={meanings[phase]}>
      <Badge tone={tones[phase]} dot>
        {phase}
      </Badge>
    </span>
  );
}

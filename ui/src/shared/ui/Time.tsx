import { useSyncExternalStore } from "react";
import { ago, dateTime } from "../format/format";

const step = 10_000;
const subscribe = (changed: () => void) => {
  const timer = setInterval(changed, step);
  return () => clearInterval(timer);
};
const now = () => Math.floor(Date.now() / step) * step;

/** "5 min ago", kept true, with the full time when the pointer rests on it. */
export function Time({ iso }: { iso: string }) {
  const current = useSyncExternalStore(subscribe, now);
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return <span className="muted">unknown</span>;
  return (
    <time dateTime={iso} title={dateTime(iso)}>
      {ago(Math.min(then, current), current)}
    </time>
  );
}

import type { Status } from "@/shared/api/types";
import { count, exactCount, seconds } from "@/shared/format/format";

/** How far behind, and when that will be worked off. */
export function Lag({ status }: { status: Status }) {
  const { lag, catch_up_seconds: left, phase } = status;
  // What arrives within two seconds is on its way, not behind.
  const when =
    lag <= status.rates.read * 2 ? "caught up" : left !== null ? `done in ${seconds(left)}` : phase === "running" ? "not shrinking" : "standing still";
  return (
    <span className="figure">
      <span className="figure-now num" title={`${exactCount(lag)} records not read yet`}>
        {count(lag)}
      </span>
      <span className="figure-total">{when}</span>
    </span>
  );
}

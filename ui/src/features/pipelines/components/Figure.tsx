import { count, exactCount, rate } from "@/shared/format/format";

interface Props {
  /** Per second. */
  now: number;
  total: number;
  tone?: "dead";
}

/** A rate with its total below. */
export function Figure({ now, total, tone }: Props) {
  const alarming = tone === "dead" && now > 0;
  return (
    <span className={alarming ? "figure figure-dead" : "figure"}>
      <span className="figure-now num">
        {rate(now)}
        <span className="visually-hidden"> per second</span>
      </span>
      <span className="figure-total num" title={`${exactCount(total)} in total`}>
        {count(total)}
        <span className="visually-hidden"> in total</span>
      </span>
    </span>
  );
}

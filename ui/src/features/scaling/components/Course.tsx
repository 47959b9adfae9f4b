import { useSyncExternalStore } from "react";
import type { ScalingChange } from "@/shared/api/types";
import { dateTime } from "@/shared/format/format";
import { Time } from "@/shared/ui/Time";
import { path, steps } from "../model/steps";
import "./scaling.css";

const tick = 5000;
const subscribe = (changed: () => void) => {
  const timer = setInterval(changed, tick);
  return () => clearInterval(timer);
};
const now = () => Math.floor(Date.now() / tick) * tick;

/** The number of instances over time, in steps. The list below it says the same in words. */
export function Course({ changes }: { changes: ScalingChange[] }) {
  const course = steps(changes, useSyncExternalStore(subscribe, now));
  const first = course[0];
  if (!first) return null;
  const most = Math.max(...course.map((s) => s.replicas), 1);
  return (
    <figure className="course">
      <div className="course-box">
        <span className="course-most muted num">{most}</span>
        <span className="course-none muted num">0</span>
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={`Number of instances since ${dateTime(new Date(first.from).toISOString())}: ${course.map((s) => s.replicas).join(", ")}`}
        >
          <path className="course-line" d={path(course)} />
        </svg>
      </div>
      <figcaption className="row spread muted">
        <Time iso={new Date(first.from).toISOString()} />
        <span>now</span>
      </figcaption>
    </figure>
  );
}

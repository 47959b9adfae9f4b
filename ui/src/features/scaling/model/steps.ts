import type { ScalingChange } from "@/shared/api/types";

/** One level of the number of instances, from and to in milliseconds. */
export interface Step {
  from: number;
  to: number;
  replicas: number;
}

/** The course of the number of instances out of its changes, the newest of which come first, up to now. */
export function steps(changes: ScalingChange[], now: number): Step[] {
  const out: Step[] = [];
  let end = now;
  for (const c of changes) {
    if (c.of !== "replicas") continue;
    const from = Math.min(Date.parse(c.time), end);
    out.unshift({ from, to: end, replicas: c.to });
    end = from;
  }
  return out;
}

/** The course as an SVG path in a box of 100 by 100, whose top is the most that there were. */
export function path(course: Step[]): string {
  const first = course[0];
  const last = course.at(-1);
  if (!first || !last) return "";
  const span = Math.max(last.to - first.from, 1);
  const most = Math.max(...course.map((s) => s.replicas), 1);
  const x = (at: number) => (((at - first.from) / span) * 100).toFixed(2);
  const y = (n: number) => (100 - (n / most) * 100).toFixed(2);
  return course.map((s, i) => `${i === 0 ? "M" : "L"}${x(s.from)},${y(s.replicas)}L${x(s.to)},${y(s.replicas)}`).join("");
}

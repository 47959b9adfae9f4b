import type { RatePoint } from "../hooks/status-store";

const width = 112;
const height = 28;

/** The last minutes of what was read, as a line. The figures beside it say the same to screen readers. */
export function Spark({ course }: { course: readonly RatePoint[] }) {
  const points = course.slice(-90);
  if (points.length < 2) return <svg className="spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" />;
  const top = Math.max(...points.map((p) => p.read), 1);
  const x = (i: number) => (i / (points.length - 1)) * width;
  const y = (value: number) => height - 2 - (value / top) * (height - 4);
  const line = (of: (p: RatePoint) => number) =>
    points.map((p, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(of(p)).toFixed(1)}`).join("");
  const read = line((p) => p.read);
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="spark-area" d={`${read}L${width} ${height}L0 ${height}Z`} />
      <path className="spark-read" d={read} />
      {points.some((p) => p.dead_lettered > 0) && <path className="spark-dead" d={line((p) => p.dead_lettered)} />}
    </svg>
  );
}

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, rate } from "@/shared/format/format";
import { useCourse } from "../hooks/live";

const series = [
  { key: "read", label: "Read", color: "--accent" },
  { key: "delivered", label: "Delivered", color: "--delivered" },
  { key: "filtered", label: "Filtered", color: "--filtered" },
  { key: "dead_lettered", label: "Dead-lettered", color: "--dead" },
] as const;

/** The seconds that the chart spans: what there is, and at least a minute. */
function window(min: number | null, max: number | null): [number, number] {
  const end = max ?? Date.now() / 1000;
  return [Math.min(min ?? end, end - 60), end];
}

/** The rates since the page was opened, as lines over time. The figures elsewhere on the page say the same as text. */
export default function RateChart({ name }: { name: string }) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const course = useCourse(name);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element), [[]], element);
    };
    draw();
    const sizes = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: 200 }));
    sizes.observe(element);
    // Colours are read when the chart is made, so another scheme needs another chart.
    const scheme = new MutationObserver(draw);
    scheme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sizes.disconnect();
      scheme.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setData([course.map((p) => p.at / 1000), ...series.map(({ key }) => course.map((p) => p[key]))]);
  }, [course]);

  return <div ref={host} className="chart" role="img" aria-label="Rates of the last five minutes" />;
}

function options(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  // A canvas does not know light-dark(), so the browser is asked what it comes to.
  const color = (token: string) => {
    element.style.color = `var(${token})`;
    const resolved = style.color;
    element.style.color = "";
    return resolved;
  };
  const axis: uPlot.Axis = {
    stroke: color("--ink-3"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth || 600,
    height: 200,
    cursor: { y: false },
    legend: { live: false },
    scales: { x: { range: (_, min, max) => window(min, max) }, y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [{ ...axis, space: 90, values: (_, ticks) => ticks.map((t) => clock(t * 1000)) }, { ...axis, size: 48, values: (_, ticks) => ticks.map((t) => rate(t)) }],
    series: [{}, ...series.map(({ label, color: token }) => ({ label, stroke: color(token), width: 1.5, points: { show: false } }))],
  };
}

import { expect, test } from "vitest";
import type { ScalingChange } from "@/shared/api/types";
import { path, steps } from "./steps";

const at = (second: number, of: ScalingChange["of"], from: number, to: number): ScalingChange => ({
  id: second,
  time: new Date(second * 1000).toISOString(),
  of,
  from,
  to,
  cause: "lag",
  message: "",
  figures: { lag: 0, threshold: 0, min: 0, max: 0, partitions: 0 },
});

test("the course goes from the first change to now, and only by the number of instances", () => {
  const changes = [at(30, "replicas", 3, 1), at(20, "max", 3, 6), at(10, "replicas", 1, 3), at(0, "replicas", 0, 1)];
  expect(steps(changes, 40_000)).toEqual([
    { from: 0, to: 10_000, replicas: 1 },
    { from: 10_000, to: 30_000, replicas: 3 },
    { from: 30_000, to: 40_000, replicas: 1 },
  ]);
  expect(path(steps(changes, 40_000))).toBe("M0.00,66.67L25.00,66.67L25.00,0.00L75.00,0.00L75.00,66.67L100.00,66.67");
});

test("a clock that is behind draws nothing backwards, and no change draws nothing", () => {
  expect(steps([at(50, "replicas", 0, 2)], 40_000)).toEqual([{ from: 40_000, to: 40_000, replicas: 2 }]);
  expect(path(steps([at(50, "replicas", 0, 2)], 40_000))).not.toContain("NaN");
  expect(path([])).toBe("");
});

import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { TestResult } from "@/shared/api/types";
import { newEvent } from "../model/event";
import { Result } from "./Result";

const result: TestResult = {
  outcome: "dead_lettered",
  stages: [
    { stage: "schema_in", outcome: "ok", output: { a: 1 }, duration_us: 30 },
    { stage: "step:double", outcome: "ok", output: { a: 2 }, duration_us: 1500 },
    {
      stage: "step:break",
      outcome: "failed",
      duration_us: 9,
      error: { code: "step_threw", message: "TypeError: no", file: "a.ts", line: 3, column: 7, frame: "> 3 | nope()\n    |   ^" },
    },
    { stage: "schema_out", outcome: "not_reached", duration_us: 0 },
  ],
  records: [],
};

describe("what became of an event", () => {
  it("is told stage by stage, with the place of the error", () => {
    render(<Result event={newEvent('{"a": 1}')} result={result} />);
    const stages = within(screen.getAllByRole("list")[0] as HTMLElement).getAllByRole("group");
    expect(stages.map((stage) => stage.querySelector("summary")?.textContent)).toEqual([
      "Incoming schemaok30 µsunchanged",
      expect.anything(),
      "doubleok1.5 ms",
      expect.anything(),
      "breakfailed9 µs",
      "Outgoing schemanot reached",
    ]);
    expect(screen.getByText("a.ts:3:7")).toBeVisible();
    expect(screen.getByRole("region", { name: "The place in the source" })).toHaveTextContent("> 3 | nope()");
    expect(screen.getByText("Nothing would be written.")).toBeVisible();
  });

  it("shows what a step changed of what the one before made", () => {
    render(<Result event={newEvent('{"a": 1}')} result={result} />);
    const diff = screen.getByRole("region", { name: "What double changed", hidden: true });
    expect(diff.querySelector("del")).toHaveTextContent('"a": 1');
    expect(diff.querySelector("ins")).toHaveTextContent('"a": 2');
  });

  it.each([
    ["schema_in", "Another type of event"],
    ["step:keep", "A falsy result"],
  ])("says why %s filtered it", (stage, why) => {
    render(<Result event={newEvent("{}")} result={{ outcome: "filtered", stages: [{ stage, outcome: "filtered", duration_us: 1 }], records: [] }} />);
    expect(screen.getByText(`${why}: the event ends here and is counted as filtered.`)).toBeInTheDocument();
  });
});

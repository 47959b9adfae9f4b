import { describe, expect, it } from "vitest";
import { diffLines } from "./diff";

const show = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => ({ same: " ", old: "-", new: "+" })[kind] + text);

describe("diffLines", () => {
  it("keeps what both have and marks the rest", () => {
    expect(show("a\nb\nc\nd", "a\nx\nc\nd\ne")).toEqual([" a", "-b", "+x", " c", " d", "+e"]);
  });
  it("marks nothing when nothing changed", () => {
    expect(show("a\nb", "a\nb")).toEqual([" a", " b"]);
  });
  it("gives both texts back when they are put together again", () => {
    const lines = diffLines("1\n2\n3\n4\n5", "2\n3\n9\n5\n1");
    expect(lines.filter((l) => l.kind !== "new").map((l) => l.text)).toEqual(["1", "2", "3", "4", "5"]);
    expect(lines.filter((l) => l.kind !== "old").map((l) => l.text)).toEqual(["2", "3", "9", "5", "1"]);
  });
});

import { describe, expect, it } from "vitest";
import type { Spec } from "@/shared/api/types";
import { RawJson } from "@/shared/json/exact";
import { equal, merge } from "./merge";

const base: Spec = { name: "a", owner: "x", source: { topic: "in" }, steps: [], target: { topic: "out" } };

describe("merge", () => {
  it("takes from each side what only that side changed", () => {
    const merged = merge(base, { ...base, owner: "mine" }, { ...base, state: "paused" });
    expect(merged).toEqual({ spec: { ...base, owner: "mine", state: "paused" }, both: [], theirs: ["state"] });
  });
  it("keeps mine where both changed, and says so", () => {
    const merged = merge(base, { ...base, owner: "mine" }, { ...base, owner: "theirs" });
    expect(merged.spec.owner).toBe("mine");
    expect(merged.both).toEqual(["owner"]);
  });
  it("sees no conflict where both made the same change", () => {
    expect(merge(base, { ...base, owner: "z" }, { ...base, owner: "z" }).both).toEqual([]);
  });
  it("takes their removal of a field", () => {
    const { owner: _, ...without } = base;
    expect(merge(base, base, without).spec).not.toHaveProperty("owner");
  });
});

describe("equal", () => {
  it("does not look at the order of fields or at fields that are not set", () => {
    expect(equal(base, { target: { topic: "out" }, steps: [], source: { topic: "in", start: undefined }, owner: "x", name: "a" })).toBe(true);
  });
  it("sees every digit", () => {
    const step = (text: string): Spec => ({ ...base, steps: [{ name: "s", kind: "filter", code: "1", params: new RawJson(text) }] });
    expect(equal(step("9007199254740993"), step("9007199254740992"))).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import type { Spec } from "@/shared/api/types";
import { parseJson, writeJson } from "@/shared/json/exact";
import { emptyDraft, newStep, toDraft, toSpec } from "./draft";

const spec = parseJson(`{
  "name": "orders-eu", "description": "d", "owner": "o", "labels": {"team": "a", "tier": "1"},
  "source": {"topic": "orders", "start": "latest", "schema": {"subject": "orders-value", "version": 4, "framing": "bare"}},
  "steps": [
    {"name": "keep", "kind": "filter", "transform": "orders.ts#keep", "params": {"id": 9007199254740993}},
    {"name": "mask", "kind": "transform", "code": "e => e"}
  ],
  "target": {"topic": "clean", "create": {"partitions": 0}},
  "outputs": {"eu": {"topic": "orders-eu"}}, "dlq": {"topic": "dlq"}, "on_error": "dead_letter", "tombstones": "steps",
  "delivery": "at_least_once", "batch": {"max_records": 5, "linger": "10ms"}, "limits": {"rate": 0},
  "scaling": {"min": 0, "max": 3, "partitions": {"grow": false, "max": 12}}, "kubernetes": {"replicas": 12345678901234567890}, "state": "paused"
}`) as unknown as Spec;

const sorted = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(sorted) : typeof value === "object" && value && !("text" in value) ? Object.fromEntries(Object.entries(value).sort().map(([k, v]) => [k, sorted(v)])) : value;

describe("a draft", () => {
  it("gives back every field of the spec it was made from, digit by digit", () => {
    const { spec: back, issues } = toSpec(toDraft(spec));
    expect(issues).toEqual([]);
    expect(writeJson(sorted(parseJson(writeJson(back))))).toBe(writeJson(sorted(spec)));
  });

  it("leaves out what was left empty", () => {
    const draft = { ...emptyDraft(), name: "a", owner: "", source: { topic: "in" }, target: { topic: "out" }, batch: { linger: "" }, scaling: {} };
    expect(writeJson(toSpec(draft).spec)).toBe('{"name":"a","source":{"topic":"in"},"target":{"topic":"out"},"steps":[]}');
  });

  it("names the field whose JSON cannot be read", () => {
    const draft = { ...emptyDraft(), steps: [{ ...newStep([]), params: "{" }], kubernetes: "nope" };
    expect(toSpec(draft).issues.map((issue) => issue.field)).toEqual(["steps[0].params", "kubernetes"]);
  });

  it("refuses labels that are none and outputs of one name", () => {
    const output = { key: "1", name: "eu", target: { topic: "a" } };
    const draft = { ...emptyDraft(), labels: "team=a\nnonsense", outputs: [output, { ...output, key: "2" }] };
    expect(toSpec(draft).issues.map((issue) => issue.field)).toEqual(["labels", "outputs.eu"]);
  });

  it("sends either the code or the function of a step, whichever is chosen", () => {
    const step = { ...newStep([]), transform: "a.ts#b", code: "e => e" };
    expect(toSpec({ ...emptyDraft(), steps: [{ ...step, from: "directory" }] }).spec.steps?.[0]).toMatchObject({ transform: "a.ts#b", code: undefined });
    expect(toSpec({ ...emptyDraft(), steps: [{ ...step, from: "code" }] }).spec.steps?.[0]).toMatchObject({ transform: undefined, code: "e => e" });
  });

  it("gives a new step a name that none has", () => {
    const first = newStep([]);
    expect(newStep([{ ...first, name: "step_2" }]).name).toBe("step_3");
  });
});

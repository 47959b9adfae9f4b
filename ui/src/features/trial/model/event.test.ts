import { describe, expect, it } from "vitest";
import { writeJson } from "@/shared/json/exact";
import { fromSample, newEvent, splitEvents, toTestEvent } from "./event";

describe("events of a trial", () => {
  it("go out digit by digit as they were typed", () => {
    expect(writeJson(toTestEvent(newEvent('{"id": 9007199254740993, "x": 1.0}')))).toBe('{"value":{"id": 9007199254740993, "x": 1.0}}');
  });
  it("that are not JSON go out as bytes", () => {
    expect(toTestEvent(newEvent("not json é"))).toEqual({ value_base64: "bm90IGpzb24gw6k=" });
  });
  it("carry their key and headers", () => {
    expect(toTestEvent({ ...newEvent("1"), key: "k", headers: "a: b:c\n\nnonsense\n" })).toMatchObject({ key: "k", headers: { a: "b:c" } });
  });
  it("may be tombstones", () => {
    expect(toTestEvent({ ...newEvent(), as: "tombstone" })).toEqual({ tombstone: true });
  });
  it.each([
    ["one document", '{\n "a": 1\n}', 1],
    ["an array", "[1,2,3]", 3],
    ["a line each", '{"a":1}\n\n{"a":2}\n', 2],
    ["text that is no JSON", "a\nb", 1],
    ["nothing", " \n", 0],
  ])("are split from %s", (_, text, count) => {
    expect(splitEvents(text)).toHaveLength(count);
  });
  it("come back from samples as they were", () => {
    const sample = { event: { key: "k", headers: { h: "v" }, value_base64: "AAE=" }, note: "truncated frame", invalid: true };
    expect(toTestEvent(fromSample(sample))).toEqual(sample.event);
  });
});

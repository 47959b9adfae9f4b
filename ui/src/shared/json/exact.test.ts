import { describe, expect, it } from "vitest";
import { parseJson, RawJson, writeJson } from "./exact";

describe("exact JSON", () => {
  const kept = [
    '{"id":9007199254740993}',
    '[1,-0.12345678901234567891,12345678901234567890]',
    '{"a":{"b":[true,false,null,"x\\"y\\\\",9007199254740993]},"c":""}',
    "1e400",
    '{"__proto__":9007199254740993}',
  ];
  it.each(kept)("writes %s as it was read", (text) => {
    expect(writeJson(parseJson(text))).toBe(text);
  });

  it("keeps ordinary numbers as numbers", () => {
    expect(parseJson("[1.0,1e2,0.1,1000000000000000000000]")).toEqual([1, 100, 0.1, 1e21]);
  });

  it("keeps only the wide ones as text", () => {
    expect(parseJson("[9007199254740993, 5]")).toEqual([new RawJson("9007199254740993"), 5]);
  });

  it("does not let a key set a prototype", () => {
    const value = parseJson('{"__proto__":{"admin":true},"n":9007199254740993}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each(["", "{", "[1,]", "01", "9007199254740993x"])("refuses %j", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("indents", () => {
    expect(writeJson({ a: [1, {}], b: undefined }, 2)).toBe('{\n  "a": [\n    1,\n    {}\n  ]\n}');
  });
});

import { describe, expect, it } from "vitest";
import { RawJson } from "../json/exact";
import { framedJson } from "./frame";

const framed = (...parts: (number | string)[]) => btoa(parts.map((part) => (typeof part === "number" ? String.fromCharCode(part) : part)).join(""));

describe("framedJson", () => {
  it("reads the id and every digit", () => {
    expect(framedJson(framed(0, 0, 0, 1, 2, '{"a":9007199254740993}'))).toEqual({ id: 258, value: { a: new RawJson("9007199254740993") } });
  });
  it.each([
    ["no frame", framed('{"a":1}')],
    ["a frame around other bytes", framed(0, 0, 0, 0, 1, 255, 254)],
    ["a frame around nothing", framed(0, 0, 0, 0, 1)],
    ["no base64", "?"],
  ])("leaves %s alone", (_, text) => {
    expect(framedJson(text)).toBeUndefined();
  });
});

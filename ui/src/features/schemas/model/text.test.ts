import { describe, expect, it } from "vitest";
import { laidOut, readReferences, writeReferences } from "./text";

describe("references of a schema", () => {
  it("are read as they are written", () => {
    const references = [
      { name: "common.proto", subject: "team:common", version: 3 },
      { name: "https://a/b.json", subject: "b-value", version: 12 },
    ];
    expect(readReferences(writeReferences(references))).toEqual({ references, wrong: [] });
  });

  it("are told from lines that are none", () => {
    expect(readReferences("a=b 1\n\n a b 1 \nc = d 0\ne = f latest")).toEqual({
      references: [{ name: "a", subject: "b", version: 1 }],
      wrong: ["a b 1", "c = d 0", "e = f latest"],
    });
  });
});

describe("the text of a schema", () => {
  it("keeps its digits when it is laid out", () => {
    expect(laidOut('{"maximum":9007199254740993}', "JSON")).toBe('{\n  "maximum": 9007199254740993\n}');
    expect(laidOut("string", "AVRO")).toBe("string");
    expect(laidOut("message A {}", "PROTOBUF")).toBe("message A {}");
  });
});

import { describe, expect, it } from "vitest";
import type { StoredRecord } from "@/shared/api/types";
import { parseJson, writeJson } from "@/shared/json/exact";
import { draftOf, mended } from "./edit";

const record = (value: Partial<StoredRecord>): StoredRecord => ({
  partition: 0, offset: 1, timestamp: "2026-01-01T00:00:00Z", key: null, headers: [], size: 1, ...value,
});

describe("a dead letter that is mended", () => {
  it("keeps every digit of its JSON", () => {
    const draft = draftOf(record({ value: parseJson('{"id":9007199254740993}') }));
    expect(draft).toEqual({ as: "json", text: '{\n  "id": 9007199254740993\n}' });
    expect(writeJson(mended({ as: "json", text: '{"id": 9007199254740993}' }))).toBe('{"value":{"id": 9007199254740993}}');
  });

  it("is not sent while its JSON is none", () => {
    expect(mended({ as: "json", text: "{" })).toHaveProperty("wrong");
    expect(mended({ as: "base64", text: "%" })).toHaveProperty("wrong");
  });

  it("is text where its bytes are text, and goes as its bytes", () => {
    const draft = draftOf(record({ value_base64: btoa('{"a": "\xc3\xa4"') }));
    expect(draft).toEqual({ as: "text", text: '{"a": "ä"' });
    expect(mended({ as: "text", text: '{"a": "ä"}' })).toEqual({ value_base64: btoa('{"a": "\xc3\xa4"}') });
  });

  it("is base64 where its bytes are none", () => {
    expect(draftOf(record({ value_base64: "AAE=" }))).toEqual({ as: "base64", text: "AAE=" });
    expect(draftOf(record({ value_base64: btoa("\xff\xfe") }))?.as).toBe("base64");
    expect(mended({ as: "base64", text: "AA\nE=" })).toEqual({ value_base64: "AAE=" });
  });

  it("is not there in a tombstone, or where the value was too large to be shown", () => {
    expect(draftOf(record({ tombstone: true }))).toBeUndefined();
    expect(draftOf(record({ truncated: true }))).toBeUndefined();
  });
});

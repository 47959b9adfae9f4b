import { describe, expect, it } from "vitest";
import { ago, bytes, count, micros, rate, seconds } from "./format";

describe("format", () => {
  it.each([
    [rate(0), "0"],
    [rate(0.01), "<0.1"],
    [rate(12.34), "12.3"],
    [rate(1234.5), "1,235"],
    [rate(123456), "123.5K"],
    [count(9999), "9,999"],
    [count(1_234_567), "1.2M"],
    [seconds(0.25), "250 ms"],
    [seconds(75), "75 s"],
    [seconds(600), "10 min"],
    [seconds(7500), "2 h 5 min"],
    [micros(4.25), "4.3 µs"],
    [micros(3400), "3.4 ms"],
    [bytes(0), "0 B"],
    [bytes(1536), "1.5 KiB"],
    [ago(0, 120_000), "2 min. ago"],
  ])("%s is %s", (got, want) => {
    expect(got).toBe(want);
  });
});

import { describe, expect, it, vi } from "vitest";
import type { Status } from "@/shared/api/types";
import { parseBlock } from "../api/stream";
import { apply } from "./live";
import { StatusStore } from "./status-store";

export const status = (name: string, fields: Partial<Status> = {}): Status => ({
  name,
  state: "running",
  phase: "running",
  revision: 1,
  applied_revision: 1,
  counts: { read: 0, in_flight: 0, delivered: 0, filtered: 0, dead_lettered: 0, dropped: 0 },
  rates: { read: 1, delivered: 1, filtered: 0, dead_lettered: 0 },
  lag: 0,
  catch_up_seconds: null,
  instances: [],
  last_errors: [],
  updated_at: "2026-01-01T00:00:00Z",
  ...fields,
});

describe("the event stream", () => {
  it.each([
    ["event: status\ndata: {}", { type: "status", data: "{}" }],
    ["data: a\ndata:b", { type: "message", data: "a\nb" }],
    [": keep alive", undefined],
    ["id: 7\nretry: 1", undefined],
  ])("reads %j", (block, want) => {
    expect(parseBlock(block)).toEqual(want);
  });

  it("puts what it says into the store", () => {
    const store = new StatusStore();
    const changes = [
      apply(store, { type: "snapshot", data: JSON.stringify({ statuses: [status("a"), status("b")] }) }),
      apply(store, { type: "status", data: JSON.stringify(status("a", { lag: 7 })) }),
      apply(store, { type: "status", data: JSON.stringify(status("a", { revision: 2 })) }),
      apply(store, { type: "status", data: JSON.stringify(status("new")) }),
      apply(store, { type: "deleted", data: '{"name":"b"}' }),
      apply(store, { type: "something-later", data: "{}" }),
    ];
    // True where a list that was read is no longer right.
    expect(changes).toEqual([false, false, true, true, true, false]);
    expect(store.status("a")?.revision).toBe(2);
    expect(store.status("b")).toBeUndefined();
  });
});

describe("the course of rates", () => {
  it("keeps one point a second, the last five minutes of them", () => {
    const store = new StatusStore();
    for (let i = 0; i < 1000; i++) store.put([status("a")], i * 500);
    const course = store.course("a");
    expect(course).toHaveLength(300);
    expect(course.at(-1)?.at).toBe(499_000);
  });

  it("is told once for many changes to those who still listen, and is the same object until it changes", () => {
    vi.useFakeTimers();
    const store = new StatusStore();
    let told = 0;
    const leave = store.subscribe(() => told++);
    for (let i = 0; i < 10; i++) store.put([status("a")], i);
    expect(store.course("a")).toBe(store.course("a"));
    vi.runAllTimers();
    leave();
    store.put([status("a")], 5000);
    vi.runAllTimers();
    expect(told).toBe(1);
    vi.useRealTimers();
  });
});

describe("the connection", () => {
  it("remembers since when it is as it is", () => {
    const store = new StatusStore();
    store.connected("live", 10);
    store.connected("lost", 20);
    store.connected("lost", 30);
    expect(store.connection()).toEqual({ state: "lost", since: 20 });
  });
});

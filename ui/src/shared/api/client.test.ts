import { afterEach, describe, expect, it, vi } from "vitest";
import { RawJson } from "../json/exact";
import { answer, client } from "./client";
import { ApiError, problem, Unreachable } from "./problem";

afterEach(() => vi.unstubAllGlobals());

const reply = (status: number, body: string, type = "application/json") => {
  const calls: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    calls.push(request);
    return new Response(body, { status, headers: { "Content-Type": type } });
  });
  return calls;
};

describe("the client", () => {
  it("reads and writes every digit", async () => {
    const calls = reply(200, '{"events":[{"event":{"value":{"id":9007199254740993}}}]}');
    const { events } = await answer(client.POST("/api/v1/sample-events", { body: { topic: "t", seed: new RawJson("12345678901234567890") as unknown as number } }));
    expect(events[0]?.event.value).toEqual({ id: new RawJson("9007199254740993") });
    expect(await calls[0]?.text()).toBe('{"topic":"t","seed":12345678901234567890}');
    expect(calls[0]?.headers.get("Content-Type")).toBe("application/json");
  });

  it("escapes names in the path", async () => {
    const calls = reply(200, "{}");
    await client.GET("/api/v1/transforms/{id}", { params: { path: { id: "a/b.ts#c" } } });
    expect(new URL(calls[0]?.url ?? "").pathname).toBe("/api/v1/transforms/a%2Fb.ts%23c");
  });

  it("throws the server's problem with every issue", async () => {
    reply(422, '{"code":"invalid","detail":"2 problems","errors":[{"code":"invalid","field":"name","message":"a"},{"code":"invalid","field":"steps","message":"b"}]}', "application/problem+json");
    const error = await answer(client.GET("/api/v1/pipelines")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, message: "2 problems", issues: [{ field: "name" }, { field: "steps" }] });
  });

  it("says so when nobody answers", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("fetch failed");
    });
    await expect(answer(client.GET("/api/v1/pipelines"))).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("a problem", () => {
  it.each([[undefined], ["<html>"], [{}], [{ errors: "x" }]])("is made of anything: %j", (body) => {
    expect(problem(502, body)).toMatchObject({ status: 502, code: "http_502", issues: [{ message: "The server answered with status 502." }] });
  });
});

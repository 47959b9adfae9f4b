import { spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { patience } from "../dev/patience";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the page is. */
    url: string;
  }
}

/** Provides the address of the server at INFLECT_URL, or of one that is started with a demo on free ports. */
export default async function setup(project: TestProject) {
  if (process.env.INFLECT_URL) {
    await begun(process.env.INFLECT_URL);
    project.provide("url", process.env.INFLECT_URL);
    return;
  }
  const binary = process.env.INFLECT_BINARY ?? new URL("../../bin/inflect", import.meta.url).pathname;
  await access(binary).catch(() => {
    throw new Error(`${binary} is missing: run make build, or name a server with INFLECT_URL`);
  });
  const dir = await mkdtemp(join(tmpdir(), "inflect-e2e-"));
  const server = spawn(binary, ["up", "--listen", "127.0.0.1:0", "--data", join(dir, "data"), "--transforms", join(dir, "transforms")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const ended = new Promise<number | null>((resolve) => {
    server.once("exit", resolve);
    server.once("error", (error) => {
      said.push(error.message);
      resolve(null);
    });
  });
  const url = new Promise<string>((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      createInterface(stream).on("line", (line) => {
        said.push(line);
        const address = /is up: (http:\/\/\S+)/.exec(line)?.[1];
        if (address) resolve(address);
      });
    }
    void ended.then((code) => reject(new Error(`inflect up ended with ${code}:\n${said.join("\n")}`)));
    setTimeout(() => reject(new Error(`inflect up is not up after ${patience / 1000} s:\n${said.join("\n")}`)), patience).unref();
  });
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const address = await url;
    await begun(address);
    project.provide("url", address);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Waits until each of the demo's pipelines has delivered something and there are dead letters to look at. */
async function begun(url: string) {
  const read = async (path: string) => {
    const answer = await fetch(new URL(`/api/v1/pipelines${path}`, url));
    const text = await answer.text();
    return answer.ok ? (JSON.parse(text) as unknown) : text;
  };
  const deadline = Date.now() + patience;
  for (;;) {
    const last = await Promise.all([read(""), read("/quakes-quality/dead-letters")]).catch(String);
    if (typeof last !== "string" && moving(last)) return;
    if (Date.now() > deadline) throw new Error(`the demo at ${url} has not begun after ${patience / 1000} s: ${JSON.stringify(last)}`);
    await wait(200);
  }
}

function moving([list, letters]: [unknown, unknown]): boolean {
  const { items = [] } = list as { items?: { status: { phase: string; counts: { delivered: number } } }[] };
  const { groups = [] } = letters as { groups?: unknown[] };
  return items.length > 0 && items.every(({ status }) => status.phase === "running" && status.counts.delivered > 0) && groups.length > 0;
}

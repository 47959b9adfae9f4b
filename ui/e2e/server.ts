import { spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the page is. */
    url: string;
  }
}

/** The longest a first start takes, Postgres' download included, in milliseconds. */
const patience = 110_000;

/** Provides the address of the server at INFLECT_URL, or of one that is started with a demo on free ports. */
export default async function setup(project: TestProject) {
  if (process.env.INFLECT_URL) {
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
  const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
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
    project.provide("url", await url);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

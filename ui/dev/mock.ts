// A stand-in for the server while the page is developed: `npm run dev` without INFLECT_URL. It keeps its state in memory,
// speaks the contract's types and is no part of the build.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { components } from "../src/shared/api/schema";
import { auditLog, deadLetters, pipelines, records, schemas, topics, transforms } from "./fixtures.ts";

type Schemas = components["schemas"];
type Handler = (request: { params: string[]; query: URLSearchParams; body: never; match?: string }) => [number, unknown] | Promise<[number, unknown]>;

const listeners = new Set<ServerResponse>();

function tick() {
  for (const p of pipelines.values()) {
    const s = p.status;
    const wobble = p.state === "running" ? 0.7 + Math.random() * 0.6 : 0;
    const read = Math.round(p.pace * wobble);
    const dead = Math.random() < p.deadShare * 4 ? Math.round(read * p.deadShare * 2) : 0;
    const filtered = Math.round(read * p.filteredShare);
    s.rates = { read, delivered: read - dead - filtered, filtered, dead_lettered: dead };
    s.counts.read += read;
    s.counts.delivered += read - dead - filtered;
    s.counts.filtered += filtered;
    s.counts.dead_lettered += dead;
    s.state = p.state ?? "running";
    s.phase = s.phase === "rejected" && p.state === "running" ? "rejected" : s.state;
    s.revision = p.revision;
    s.updated_at = new Date().toISOString();
    for (const out of listeners) out.write(`event: status\ndata: ${JSON.stringify(s)}\n\n`);
  }
}

const view = ({ pace: _p, deadShare: _d, filteredShare: _f, ...pipeline }: NonNullable<ReturnType<typeof pipelines.get>>) => pipeline;
const missing = (what: string): [number, unknown] => [404, { type: "about:blank", title: "Not Found", status: 404, code: "not_found", detail: `There is no ${what}.` }];

function validate(spec: Schemas["Spec"]): Schemas["Error"][] {
  const errors: Schemas["Error"][] = [];
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(spec.name ?? "")) errors.push({ code: "invalid", field: "name", message: "must be a DNS label: lower-case letters, digits and hyphens" });
  if (!topics.some((t) => t.name === spec.source?.topic)) errors.push({ code: "unknown_topic", field: "source.topic", message: `topic ${spec.source?.topic} does not exist: create it or choose another` });
  if (!spec.target?.topic) errors.push({ code: "invalid", field: "target.topic", message: "is missing: name a topic" });
  else if (!topics.some((t) => t.name === spec.target.topic) && !spec.target.create) errors.push({ code: "missing_topic", field: "target.topic", message: "does not exist yet: say create to have it made", warning: true });
  spec.steps?.forEach((step, i) => {
    if (!step.code === !step.transform) errors.push({ code: "invalid", field: `steps[${i}]`, message: "needs either transform (file.ts#export) or code, and not both" });
    if (step.code?.includes("((")) errors.push({ code: "bad_transform", field: `steps[${i}].code`, message: 'Expected ")" but found end of file', file: "inline.ts", line: 2, column: 7 });
  });
  return errors;
}

function trial(run: Schemas["TestRun"]): Schemas["TestRunResults"] {
  const spec = run.spec ?? pipelines.get(run.pipeline ?? "");
  return {
    results: run.events.map((event, i) => {
      let failed = false;
      const stages: Schemas["StageResult"][] = [];
      if (spec?.source.schema) stages.push({ stage: "schema_in", outcome: "ok", output: event.value, duration_us: 31.5 });
      for (const step of spec?.steps ?? []) {
        if (failed) stages.push({ stage: `step:${step.name}`, outcome: "not_reached", duration_us: 0 });
        else if (i % 3 === 2) {
          failed = true;
          stages.push({ stage: `step:${step.name}`, outcome: "failed", duration_us: 88, error: { code: "step_threw", message: "TypeError: Cannot read properties of undefined (reading 'mag')", file: "quakes.ts", line: 14, column: 27, frame: "  12 | export function keepFelt(event: Quake) {\n  13 |   // only what people felt\n> 14 |   return event.properties.mag >= 2.5;\n     |                           ^\n  15 | }", stack: "TypeError: …\n    at keepFelt (quakes.ts:14:27)" } });
        } else stages.push({ stage: `step:${step.name}`, outcome: "ok", duration_us: 12.4, output: { ...(event.value as object), [step.name]: true } });
      }
      return { outcome: failed ? "dead_lettered" : "delivered", stages, records: failed ? [] : [{ topic: spec?.target.topic ?? "out", key: event.key ?? null, headers: {}, value: event.value }] };
    }),
  };
}

const routes: [string, RegExp, Handler][] = [
  ["GET", /^\/api\/v1\/session$/, () => [200, { actor: "local", role: "admin", authentication: "none" }]],
  ["GET", /^\/version$/, () => [200, { version: "dev", go: "go1.26" }]],
  ["GET", /^\/api\/v1\/pipelines$/, ({ query }) => [200, { items: [...pipelines.values()].map(view).filter((p) => JSON.stringify(p).includes(query.get("search") ?? "")) }]],
  ["POST", /^\/api\/v1\/pipelines$/, ({ body }) => {
    const spec = body as Schemas["Spec"];
    const errors = validate(spec).filter((e) => !e.warning);
    if (errors.length) return [422, { type: "about:blank", title: "Unprocessable", status: 422, code: "invalid", detail: "The spec has errors.", errors }];
    if (pipelines.has(spec.name)) return [409, { type: "about:blank", title: "Conflict", status: 409, code: "exists", field: "name", detail: `A pipeline named ${spec.name} exists: choose another name.` }];
    const now = new Date().toISOString();
    const saved = { ...spec, revision: 1, created_at: now, updated_at: now };
    pipelines.set(spec.name, { ...saved, pace: 100, deadShare: 0, filteredShare: 0.1, status: { name: spec.name, state: "running", phase: "running", revision: 1, applied_revision: 1, counts: { read: 0, in_flight: 0, delivered: 0, filtered: 0, dead_lettered: 0, dropped: 0 }, rates: { read: 0, delivered: 0, filtered: 0, dead_lettered: 0 }, lag: 0, catch_up_seconds: null, instances: [], last_errors: [], updated_at: now } });
    return [201, saved];
  }],
  ["GET", /^\/api\/v1\/pipelines\/([^/:]+)$/, ({ params: [name = ""] }) => (pipelines.has(name) ? [200, (({ status: _, ...p }) => p)(view(pipelines.get(name)!))] : missing(`pipeline ${name}`))],
  ["PUT", /^\/api\/v1\/pipelines\/([^/:]+)$/, ({ params: [name = ""], body, match }) => {
    const old = pipelines.get(name);
    if (!old) return missing(`pipeline ${name}`);
    if (match !== `"${old.revision}"`) return [412, { type: "about:blank", title: "Precondition Failed", status: 412, code: "stale", detail: "Somebody else has saved it since." }];
    Object.assign(old, body, { revision: old.revision + 1 });
    return [200, view(old)];
  }],
  ["DELETE", /^\/api\/v1\/pipelines\/([^/:]+)$/, ({ params: [name = ""] }) => (pipelines.delete(name), [204, undefined])],
  ["POST", /^\/api\/v1\/pipelines\/([^/:]+):(pause|resume|stop)$/, ({ params: [name = "", verb = ""] }) => {
    const p = pipelines.get(name)!;
    p.state = ({ pause: "paused", resume: "running", stop: "stopped" } as const)[verb as "pause"];
    p.revision++;
    return [200, view(p)];
  }],
  ["POST", /^\/api\/v1\/pipelines\/([^/:]+):(restart|drain|replay|rollback)$/, ({ params: [name = ""] }) => [200, pipelines.get(name)!.status]],
  ["GET", /^\/api\/v1\/pipelines\/([^/]+)\/status$/, ({ params: [name = ""] }) => (pipelines.has(name) ? [200, pipelines.get(name)!.status] : missing(`pipeline ${name}`))],
  ["GET", /^\/api\/v1\/pipelines\/([^/]+)\/revisions$/, ({ params: [name = ""] }) => [200, { items: [
    { revision: 2, author: "ana", created_at: new Date(Date.now() - 36e5).toISOString(), applied: true, changes: [{ field: "steps[0].params.min", kind: "changed", before: 2, after: 2.5 }] },
    { revision: 1, author: name, created_at: new Date(Date.now() - 864e5).toISOString(), applied: true, changes: [] },
  ] }]],
  ["GET", /^\/api\/v1\/pipelines\/([^/]+)\/revisions\/(\d+)$/, ({ params: [name = "", n = "1"] }) => [200, { revision: Number(n), created_at: new Date().toISOString(), applied: true, changes: [], spec: pipelines.get(name) }]],
  ["GET", /^\/api\/v1\/pipelines\/([^/]+)\/dead-letters$/, ({ params: [name = ""] }) => [200, deadLetters(name)]],
  ["POST", /^\/api\/v1\/pipelines\/([^/]+)\/dead-letters:replay$/, () => [200, { replayed: 41, already_replayed: 1, loop_guard: 0, not_found: 0, refused: 0, remaining: 0 }]],
  ["POST", /^\/api\/v1\/validate$/, ({ body }) => { const errors = validate(body); return [200, { valid: errors.every((e) => e.warning), errors }]; }],
  ["POST", /^\/api\/v1\/test-runs$/, ({ body }) => [200, trial(body)]],
  ["POST", /^\/api\/v1\/sample-events$/, ({ body }) => [200, { events: records().slice(0, (body as Schemas["SampleRequest"]).count ?? 3).map((r) => ({ event: { key: r.key ?? undefined, value: r.value }, partition: r.partition, offset: r.offset, timestamp: r.timestamp })) }]],
  ["GET", /^\/api\/v1\/topics$/, ({ query }) => [200, { items: topics.filter((t) => t.name.includes(query.get("search") ?? "")) }]],
  ["GET", /^\/api\/v1\/topics\/([^/]+)$/, ({ params: [topic = ""] }) => {
    const t = topics.find((x) => x.name === topic);
    return t ? [200, { name: t.name, internal: false, partitions: Array.from({ length: t.partitions }, (_, partition) => ({ partition, leader: 1, replicas: [1], in_sync: [1], start_offset: 0, end_offset: 1200 + partition * 37 })), configs: [{ name: "cleanup.policy", value: "delete", default: true }, { name: "retention.ms", value: "604800000", default: false }], used_by: [{ pipeline: "quakes-felt", as: "source" }] }] : missing(`topic ${topic}`);
  }],
  ["GET", /^\/api\/v1\/topics\/([^/]+)\/records$/, () => [200, { items: records() }]],
  ["GET", /^\/api\/v1\/schemas$/, () => [200, { items: schemas.map(({ subject }) => ({ subject })) }]],
  ["GET", /^\/api\/v1\/schemas\/([^/]+)$/, ({ params: [subject = ""] }) => [200, { subject, versions: [1, 2], compatibility: "BACKWARD", latest: schemas.find((s) => s.subject === subject), used_by: [{ pipeline: "quakes-felt", as: "source.schema" }] }]],
  ["GET", /^\/api\/v1\/schemas\/([^/]+)\/versions\/(\w+)$/, ({ params: [subject = ""] }) => [200, schemas.find((s) => s.subject === subject)]],
  ["GET", /^\/api\/v1\/transforms$/, () => [200, { items: transforms.map(({ source: _, ...t }) => t), errors: [{ code: "bad_transform", message: 'Expected ";" but found "x"', file: "broken.ts", line: 3, column: 9 }] }]],
  ["GET", /^\/api\/v1\/transforms\/([^/]+)$/, ({ params: [id = ""] }) => { const t = transforms.find((x) => x.id === id); return t ? [200, t] : missing(`transform ${id}`); }],
  ["GET", /^\/api\/v1\/audit$/, () => [200, { items: auditLog }]],
];

/** Answers what the contract names from memory. */
export function mockApi(): Plugin {
  return {
    name: "mock-api",
    configureServer(server) {
      const timer = setInterval(tick, 1000).unref();
      server.httpServer?.on("close", () => clearInterval(timer));
      server.middlewares.use((request, response, next) => void answer(request, response, next));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, next: () => void) {
  const url = new URL(request.url ?? "/", "http://mock");
  if (url.pathname === "/api/v1/events") {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`event: snapshot\ndata: ${JSON.stringify({ statuses: [...pipelines.values()].map((p) => p.status) })}\n\n`);
    listeners.add(response);
    request.on("close", () => listeners.delete(response));
    return;
  }
  if (/^\/api\/v1\/pipelines\/[^/]+\/config$/.test(url.pathname)) {
    response.writeHead(200, { "Content-Type": "application/yaml" });
    response.end("input:\n  inflect_kafka:\n    brokers: [localhost:9092]\n    topics: [quakes]\n");
    return;
  }
  for (const [method, path, handle] of routes) {
    const match = path.exec(url.pathname);
    if (method !== request.method || !match) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const [status, body] = await handle({ params: match.slice(1).map(decodeURIComponent), query: url.searchParams, body: (text ? JSON.parse(text) : undefined) as never, match: request.headers["if-match"] });
    response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
    return;
  }
  next();
}

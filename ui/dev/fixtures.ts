import type { components } from "../src/shared/api/schema";

type Schemas = components["schemas"];
type MockPipeline = Schemas["ListedPipeline"] & { pace: number; deadShare: number; filteredShare: number };

const before = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function pipeline(name: string, source: string, target: string, steps: Schemas["Step"][], more: Partial<MockPipeline> & { phase?: Schemas["Phase"]; message?: string; lag?: number }): MockPipeline {
  const { phase = "running", message, lag = 0, ...rest } = more;
  return {
    name,
    description: `${source} to ${target}`,
    owner: "seismology",
    source: { topic: source, schema: { subject: `${source}-value`, version: "latest" } },
    steps,
    target: { topic: target },
    dlq: { topic: `${name}-dlq` },
    state: "running",
    revision: 2,
    created_at: before(3000),
    updated_at: before(60),
    updated_by: "ana",
    pace: 120,
    deadShare: 0.01,
    filteredShare: 0.3,
    ...rest,
    status: {
      name,
      state: rest.state ?? "running",
      phase,
      message,
      revision: 2,
      applied_revision: phase === "rejected" ? 1 : 2,
      counts: { read: 184_213, in_flight: 120, delivered: 120_402, filtered: 61_900, dead_lettered: 1791, dropped: 0 },
      rates: { read: 0, delivered: 0, filtered: 0, dead_lettered: 0 },
      lag,
      catch_up_seconds: lag ? 95 : null,
      instances: [
        { id: "engine-1", revision: phase === "rejected" ? 1 : 2, state: "running", partitions: [0, 1, 2].map((partition) => ({ topic: source, partition, lag: Math.round(lag / 3) })) },
      ],
      last_errors: [
        { time: before(12), stage: "schema_in", code: "schema_violation", message: "/properties/mag: is null, but a number is wanted" },
        { time: before(2), stage: "step:localise", code: "step_threw", message: "TypeError: Cannot read properties of null (reading 'split')" },
      ],
      updated_at: before(0),
    },
  };
}

const quakeSteps: Schemas["Step"][] = [
  { name: "keep_felt", kind: "filter", transform: "quakes.ts#keepFelt", params: { min: 2.5 } },
  { name: "localise", kind: "transform", transform: "quakes.ts#localise" },
  { name: "round", kind: "transform", code: "(event) => ({\n  ...event,\n  mag: Math.round(event.mag * 10) / 10,\n})" },
  { name: "rekey", kind: "transform", transform: "rekey.ts#default", params: { field: "region" } },
];

export const pipelines = new Map<string, MockPipeline>(
  [
    pipeline("quakes-felt", "quakes", "quakes-felt", quakeSteps, {}),
    pipeline("quake-alerts", "quakes-felt", "alerts", quakeSteps.slice(0, 1), { pace: 4.2, deadShare: 0 }),
    pipeline("quakes-strict", "quakes", "quakes-clean", quakeSteps.slice(0, 2), { lag: 48_211, deadShare: 0.2 }),
    pipeline("orders-eu", "orders", "orders-clean", quakeSteps.slice(1, 3), { phase: "rejected", message: "Revision 2 rejected: steps[1].code: inline.ts:4:12: Expected \")\" but found \"}\"; revision 1 is running." }),
    pipeline("audit-trail", "orders-clean", "audit", [], { state: "paused", phase: "paused", pace: 0 }),
  ].map((p) => [p.name, p]),
);

export const topics: Schemas["TopicSummary"][] = ["quakes", "quakes-felt", "quakes-clean", "alerts", "orders", "orders-clean", "audit", "quakes-felt-dlq"].map((name, i) => ({ name, partitions: i % 2 ? 3 : 6, replication: 1, internal: false }));

export const schemas: Schemas["SchemaVersion"][] = ["quakes-value", "quakes-felt-value", "orders-value"].map((subject, i) => ({
  subject,
  version: 2,
  id: i + 1,
  type: i === 2 ? "AVRO" : "JSON",
  schema: JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", required: ["id", "properties"], properties: { id: { type: "string" }, properties: { type: "object" } } }),
  references: [],
}));

const source = `import type { Quake } from "./types";

export const params = { type: "object", properties: { min: { type: "number" } } };

/** Keeps earthquakes that people can feel. */
export function keepFelt(event: Quake, ctx: Context) {
  return event.properties.mag >= ctx.params.min;
}
`;

export const transforms: Schemas["Transform"][] = [
  { id: "quakes.ts#keepFelt", file: "quakes.ts", export: "keepFelt", kind: "filter", doc: "Keeps earthquakes that people can feel.", params: { type: "object", required: ["min"], properties: { min: { type: "number", title: "Least magnitude", default: 2.5, minimum: 0, maximum: 10 }, networks: { type: "array", items: { type: "string" }, description: "Only these networks; all when empty." }, deep: { type: "boolean", description: "Deep ones, too." }, unit: { type: "string", enum: ["km", "miles"] } } }, source, used_by: [{ pipeline: "quakes-felt", as: "steps[0]" }] },
  { id: "quakes.ts#localise", file: "quakes.ts", export: "localise", kind: "transform", doc: "Splits the place into distance, direction and region.", source, used_by: [] },
  { id: "rekey.ts#default", file: "rekey.ts", export: "default", kind: "transform", doc: "Sets the key from a field.\n\nRecords of one key stay in order.", params: { type: "object", required: ["field"], properties: { field: { type: "string" } } }, source, used_by: [] },
];

export const records = (): Schemas["Record"][] =>
  Array.from({ length: 12 }, (_, i) => ({
    partition: i % 3,
    offset: 1200 + i,
    timestamp: before(i),
    key: `ci3786${i}`,
    headers: i % 4 ? [] : [{ name: "trace", value: "00-4bf92f" }],
    value: { id: `ci3786${i}`, type: "Feature", properties: { mag: 1.5 + i / 3, place: `${i} km W of Castaic, CA`, time: Date.now() - i * 1000 }, geometry: { type: "Point", coordinates: [-118.6, 34.4, 26.49] } },
    size: 312,
  }));

export const deadLetters = (name: string): Schemas["DeadLetters"] => ({
  topic: `${name}-dlq`,
  scanned: 1791,
  complete: true,
  groups: [
    { fingerprint: "9f3a1c", code: "step_threw", stage: "step:localise", message: "TypeError: Cannot read properties of null (reading 'split')", count: 1432, replayed: 0, first: before(900), last: before(2), records: records().slice(0, 3).map((record) => ({ record, code: "step_threw", stage: "step:localise", message: "TypeError: Cannot read properties of null (reading 'split')", attempt: 1, revision: 2, replayed: false, source: { topic: "quakes", partition: record.partition, offset: record.offset + 5000 } })) },
    { fingerprint: "41bb02", code: "schema_violation", stage: "schema_in", message: "/properties/mag: is null, but a number is wanted", count: 359, replayed: 12, first: before(2900), last: before(12), records: records().slice(4, 6).map((record) => ({ record, code: "schema_violation", stage: "schema_in", message: "/properties/mag: is null, but a number is wanted", attempt: 2, revision: 1, replayed: true, source: { topic: "quakes", partition: record.partition, offset: record.offset + 4000 } })) },
  ],
});

export const auditLog: Schemas["AuditEntry"][] = [
  { id: 3, time: before(4), actor: "ana", action: "update", pipeline: "quakes-felt", before: { name: "quakes-felt", steps: [{ params: { min: 2 } }] }, after: { name: "quakes-felt", steps: [{ params: { min: 2.5 } }] } },
  { id: 2, time: before(60), actor: "ben", action: "pause", pipeline: "audit-trail", before: { state: "running" }, after: { state: "paused" } },
  { id: 1, time: before(600), actor: "ana", action: "create", pipeline: "quakes-felt", before: null, after: { name: "quakes-felt" } },
];

import type { Issue, Pipeline, Spec, Step, Target } from "@/shared/api/types";
import { parseJson, RawJson, writeJson } from "@/shared/json/exact";

/** A step while it is edited. Its parameters are text, so that half-typed JSON and every digit survive. */
export interface DraftStep {
  /** Tells steps apart while they are moved and renamed. */
  key: string;
  name: string;
  kind: Step["kind"];
  from: "directory" | "code";
  transform: string;
  code: string;
  params: string;
}

export interface DraftOutput {
  key: string;
  name: string;
  target: Target;
}

/** A spec while it is edited: lists where the spec has maps, texts where it has JSON. */
export interface Draft extends Omit<Spec, "steps" | "outputs" | "labels" | "kubernetes"> {
  steps: DraftStep[];
  outputs: DraftOutput[];
  labels: string;
  kubernetes: string;
}

export const newKey = () => crypto.randomUUID();

export const startCode = "(event, ctx) => {\n  return event;\n}\n";

export function newStep(steps: DraftStep[], transform = ""): DraftStep {
  const taken = new Set(steps.map((step) => step.name));
  let n = steps.length + 1;
  while (taken.has(`step_${n}`)) n++;
  return { key: newKey(), name: `step_${n}`, kind: "transform", from: transform ? "directory" : "code", transform, code: startCode, params: "" };
}

export const emptyDraft = (): Draft => ({
  name: "",
  source: { topic: "" },
  steps: [],
  target: { topic: "" },
  outputs: [],
  labels: "",
  kubernetes: "",
});

/** What a saved pipeline holds besides its spec. */
export function specOf(pipeline: Pipeline): Spec {
  const { revision: _revision, created_at: _created, updated_at: _updated, updated_by: _by, ...spec } = pipeline;
  return spec;
}

export function toDraft(spec: Spec): Draft {
  return {
    ...spec,
    steps: (spec.steps ?? []).map((step) => ({
      key: newKey(),
      name: step.name,
      kind: step.kind,
      from: step.transform ? "directory" : "code",
      transform: step.transform ?? "",
      code: step.code ?? "",
      params: step.params === undefined ? "" : writeJson(step.params, 2),
    })),
    outputs: Object.entries(spec.outputs ?? {}).map(([name, target]) => ({ key: newKey(), name, target })),
    labels: Object.entries(spec.labels ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
    kubernetes: spec.kubernetes === undefined ? "" : writeJson(spec.kubernetes, 2),
  };
}

/** The spec that a draft stands for, without fields that were left empty, and what cannot be read in it. */
export function toSpec(draft: Draft): { spec: Spec; issues: Issue[] } {
  const issues: Issue[] = [];
  const json = (field: string, text: string): unknown => {
    if (text.trim() === "") return undefined;
    try {
      parseJson(text);
      return new RawJson(text);
    } catch (error) {
      issues.push({ code: "invalid", field, message: `is not JSON: ${(error as Error).message}` });
      return undefined;
    }
  };
  const { steps, outputs, labels, kubernetes, ...rest } = draft;
  const spec = {
    ...(prune(rest) as Omit<Spec, "steps">),
    name: draft.name,
    source: { ...(prune(draft.source) as Spec["source"]), topic: draft.source.topic },
    steps: steps.map((step, i) => ({
      name: step.name,
      kind: step.kind,
      transform: step.from === "directory" ? step.transform || undefined : undefined,
      code: step.from === "code" ? step.code || undefined : undefined,
      params: json(`steps[${i}].params`, step.params),
    })),
    target: { ...(prune(draft.target) as Target), topic: draft.target.topic },
    outputs: outputs.length > 0 ? Object.fromEntries(outputs.map(({ name, target }) => [name, { ...(prune(target) as Target), topic: target.topic }])) : undefined,
    labels: readLabels(labels, issues),
    kubernetes: json("kubernetes", kubernetes) as Spec["kubernetes"],
  };
  const names = outputs.map((output) => output.name);
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) issues.push({ code: "invalid", field: `outputs.${name}`, message: "is used twice: names must differ" });
  });
  return { spec, issues };
}

function readLabels(text: string, issues: Issue[]): Record<string, string> | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  const entries: [string, string][] = [];
  for (const line of lines.filter(Boolean)) {
    const equals = line.indexOf("=");
    if (equals < 1) issues.push({ code: "invalid", field: "labels", message: `“${line}” is no label: write name=value, one to a line` });
    else entries.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The value without empty texts, undefined fields and objects in which nothing is left. False and 0 are values. */
function prune(value: unknown): unknown {
  if (value === "" || value === undefined) return undefined;
  if (value === null || typeof value !== "object" || Array.isArray(value) || value instanceof RawJson) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, prune(item)] as const)
    .filter(([, item]) => item !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

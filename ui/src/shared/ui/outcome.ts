import type { StageResult, TestResult } from "../api/types";
import type { Tone } from "./Badge";

export const outcomeTones: Record<TestResult["outcome"], Tone> = { delivered: "ok", filtered: "idle", dead_lettered: "bad", dropped: "warn", stopped: "bad" };
export const outcomeNames: Record<TestResult["outcome"], string> = { delivered: "delivered", filtered: "filtered", dead_lettered: "dead letter", dropped: "dropped", stopped: "stops the pipeline" };
export const stageTones: Record<StageResult["outcome"], Tone> = { ok: "ok", filtered: "idle", failed: "bad", not_reached: "idle" };
export const stageNames: Record<StageResult["outcome"], string> = { ok: "ok", filtered: "filtered", failed: "failed", not_reached: "not reached" };

/** A stage in words: "step mask", "incoming schema". */
export function stageTitle(stage: string): string {
  if (stage === "schema_in") return "Incoming schema";
  if (stage === "schema_out") return "Outgoing schema";
  return stage.startsWith("step:") ? stage.slice(5) : stage;
}

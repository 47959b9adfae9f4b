import type { Spec } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";

const same = (a: unknown, b: unknown) => writeJson(sorted(a)) === writeJson(sorted(b));

/** Field order does not make two specs differ. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === undefined || value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value ?? null;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

export interface Merge {
  spec: Spec;
  /** Fields that both sides changed, each in its own way; the merge has mine. */
  both: string[];
  /** Fields that were taken from them. */
  theirs: string[];
}

/** Brings together two changes of one spec, field by field. */
export function merge(base: Spec, mine: Spec, theirs: Spec): Merge {
  const out: Record<string, unknown> = {};
  const both: string[] = [];
  const taken: string[] = [];
  const fields = new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)]) as Set<keyof Spec>;
  for (const field of fields) {
    const changedThere = !same(base[field], theirs[field]);
    const changedHere = !same(base[field], mine[field]);
    if (changedThere && changedHere && !same(mine[field], theirs[field])) both.push(field);
    if (changedThere && !changedHere) taken.push(field);
    const value = changedThere && !changedHere ? theirs[field] : mine[field];
    if (value !== undefined) out[field] = value;
  }
  return { spec: out as unknown as Spec, both, theirs: taken };
}

/** Whether two specs say the same. */
export const equal = (a: Spec, b: Spec) => same(a, b);

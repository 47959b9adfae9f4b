import { useMemo, useState } from "react";
import type { Issue, Spec } from "@/shared/api/types";
import { toDraft, toSpec, type Draft } from "../model/draft";

export interface Editing {
  draft: Draft;
  spec: Spec;
  issues: Issue[];
  /** Changes some fields of the draft. */
  change: (fields: Partial<Draft>) => void;
  replace: (spec: Spec) => void;
}

/** A draft and the spec it stands for. */
export function useDraft(initial: () => Draft): Editing {
  const [draft, setDraft] = useState(initial);
  const { spec, issues } = useMemo(() => toSpec(draft), [draft]);
  return {
    draft,
    spec,
    issues,
    change: (fields) => setDraft((before) => ({ ...before, ...fields })),
    replace: (next) => setDraft(toDraft(next)),
  };
}

import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { transformsQuery } from "@/shared/catalog/transforms";
import { Button } from "@/shared/ui/Button";
import { Issues } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import type { Problems } from "../hooks/useProblems";
import { newStep, type DraftStep } from "../model/draft";
import { StepCard } from "./StepCard";

interface Props {
  steps: DraftStep[];
  onChange: (steps: DraftStep[]) => void;
  problems: Problems;
}

/** The steps in their order. Moving one keeps the focus on it and says where it is now. */
export function Steps({ steps, onChange, problems }: Props) {
  const query = useQuery(transformsQuery());
  const transforms = query.data?.items ?? [];
  // Until the directory has been read there may be something in it.
  const from = transforms.length > 0 || query.isPending ? "directory" : "code";
  const list = useRef<HTMLOListElement>(null);
  const moved = useRef<{ key: string; by: -1 | 1 }>(undefined);
  const [said, setSaid] = useState("");

  useLayoutEffect(() => {
    if (!moved.current) return;
    const { key, by } = moved.current;
    moved.current = undefined;
    const card = list.current?.querySelector(`[data-step="${key}"]`);
    const button = card?.querySelector<HTMLButtonElement>(`[data-move="${by}"]`);
    (button?.disabled ? card?.querySelector<HTMLButtonElement>(`[data-move="${-by}"]`) : button)?.focus();
  }, [steps]);

  const move = (from: number, by: -1 | 1) => {
    const step = steps[from];
    if (!step) return;
    const next = steps.toSpliced(from, 1).toSpliced(from + by, 0, step);
    moved.current = { key: step.key, by };
    setSaid(`${step.name} is now step ${from + by + 1} of ${steps.length}`);
    onChange(next);
  };

  return (
    <div className="stack">
      {query.isError && <Notice kind="warn">The transform directory cannot be read now. Inline code and names that you type still work.</Notice>}
      {query.data && query.data.errors.length > 0 && (
        <Notice kind="warn" title="Files that cannot be used">
          <Issues issues={query.data.errors} />
        </Notice>
      )}
      {steps.length === 0 && <p className="muted">Without steps, events go from source to target as they are, checked by the schemas.</p>}
      <ol className="steps" ref={list}>
        {steps.map((step, i) => (
          <StepCard
            key={step.key}
            step={step}
            index={i}
            count={steps.length}
            transforms={transforms}
            problems={problems}
            onChange={(next) => onChange(steps.with(i, next))}
            onMove={(by) => move(i, by)}
            onRemove={() => onChange(steps.toSpliced(i, 1))}
          />
        ))}
      </ol>
      <div className="row">
        <Button icon="plus" onClick={() => onChange([...steps, { ...newStep(steps), from }])}>
          Add a step
        </Button>
        <Button icon="code" onClick={() => onChange([...steps, newStep(steps)])}>
          Add inline code
        </Button>
      </div>
      <div className="visually-hidden" role="status">
        {said}
      </div>
    </div>
  );
}

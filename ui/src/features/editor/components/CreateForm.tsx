import { useNavigate } from "@tanstack/react-router";
import { useRef, useState, type ReactNode } from "react";
import { messageOf } from "@/shared/api/problem";
import type { Spec } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Notice } from "@/shared/ui/Notice";
import { useToast } from "@/shared/ui/Toasts";
import { useCreate } from "../api/create";
import { useDraft } from "../hooks/useDraft";
import { useLeaveGuard } from "../hooks/useLeaveGuard";
import { useProblems } from "../hooks/useProblems";
import type { Draft } from "../model/draft";
import { equal } from "../model/merge";
import { toSpec } from "../model/draft";
import { ProblemList } from "./ProblemList";
import { SpecForm } from "./SpecForm";
import "./editor.css";

/** A new pipeline. The bench below it runs what is typed, unsaved. */
export function CreateForm({ initial, bench }: { initial: Draft; bench: (spec: Spec) => ReactNode }) {
  const editing = useDraft(() => initial);
  const [tried, setTried] = useState(false);
  const problems = useProblems(editing.spec, editing.issues, tried);
  const create = useCreate();
  const navigate = useNavigate();
  const say = useToast();
  const saved = useRef(false);
  const guard = useLeaveGuard(() => !saved.current && !equal(editing.spec, toSpec(initial).spec));
  const save = () => {
    setTried(true);
    if (editing.issues.length > 0) return;
    create.mutate(editing.spec, {
      onSuccess: ({ name }) => {
        saved.current = true;
        say("ok", `${name} was created`);
        void navigate({ to: "/pipelines/$name", params: { name } });
      },
    });
  };
  return (
    <div className="editor">
      <div className="editor-main">
        <SpecForm draft={editing.draft} change={editing.change} problems={problems} named={false} />
        {bench(editing.spec)}
      </div>
      <aside className="editor-side" aria-label="Save and check">
        <Button variant="primary" busy={create.isPending} onClick={save}>
          Create pipeline
        </Button>
        {create.isError && (
          <Notice kind="bad" title="Not created">
            {messageOf(create.error)}
          </Notice>
        )}
        <ProblemList problems={problems} />
      </aside>
      {guard}
    </div>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState, type ReactNode } from "react";
import { ApiError, messageOf } from "@/shared/api/problem";
import type { Pipeline, Spec } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Confirm } from "@/shared/ui/Confirm";
import { Notice } from "@/shared/ui/Notice";
import { useToast } from "@/shared/ui/Toasts";
import { editedQuery } from "../api/read";
import { useRemove } from "../api/remove";
import { useUpdate } from "../api/update";
import { useDraft } from "../hooks/useDraft";
import { useLeaveGuard } from "../hooks/useLeaveGuard";
import { useProblems } from "../hooks/useProblems";
import { specOf, toDraft } from "../model/draft";
import { equal } from "../model/merge";
import { Conflict } from "./Conflict";
import { ProblemList } from "./ProblemList";
import { SpecForm } from "./SpecForm";
import "./editor.css";

/** A saved pipeline while it is changed, on top of the revision that was read. */
export function EditForm({ pipeline, bench }: { pipeline: Pipeline; bench: (spec: Spec) => ReactNode }) {
  const { name } = pipeline;
  const [base, setBase] = useState(pipeline);
  const editing = useDraft(() => toDraft(specOf(pipeline)));
  const [tried, setTried] = useState(false);
  const [theirs, setTheirs] = useState<Pipeline>();
  const [deleting, setDeleting] = useState(false);
  const problems = useProblems(editing.spec, editing.issues, tried);
  const update = useUpdate(name);
  const remove = useRemove(name);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const left = useRef(false);
  const changed = !equal(editing.spec, specOf(base));
  const guard = useLeaveGuard(() => changed && !left.current);

  const leave = (to: "/" | "/pipelines/$name") => {
    left.current = true;
    void navigate({ to, params: { name } });
  };
  const save = async () => {
    setTried(true);
    if (editing.issues.length > 0) return;
    try {
      const saved = await update.mutateAsync({ spec: editing.spec, revision: base.revision });
      say("ok", `${name} was saved as revision ${saved.revision}`);
      leave("/pipelines/$name");
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) return;
      setTheirs(await queries.fetchQuery({ ...editedQuery(name), staleTime: 0 }).catch(() => undefined));
    }
  };
  return (
    <div className="editor">
      <div className="editor-main">
        <SpecForm draft={editing.draft} change={editing.change} problems={problems} named />
        {bench(editing.spec)}
      </div>
      <aside className="editor-side" aria-label="Save and check">
        <Button variant="primary" busy={update.isPending} disabled={!changed} onClick={() => void save()}>
          {changed ? "Save" : "Nothing to save"}
        </Button>
        <div className="row">
          <Button onClick={() => void navigate({ to: "/pipelines/$name", params: { name } })}>Back</Button>
          <Button icon="trash" onClick={() => setDeleting(true)}>
            Delete…
          </Button>
        </div>
        {update.isError && !theirs && (
          <Notice kind="bad" title="Not saved">
            {messageOf(update.error)}
          </Notice>
        )}
        <ProblemList problems={problems} />
      </aside>
      {theirs && (
        <Conflict
          base={specOf(base)}
          mine={editing.spec}
          theirs={theirs}
          onResolve={(spec) => {
            editing.replace(spec);
            setBase(theirs);
            setTheirs(undefined);
            update.reset();
          }}
          onClose={() => setTheirs(undefined)}
        />
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete"
          danger
          typeToConfirm={name}
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await remove.mutateAsync(base.revision);
            say("ok", `${name} was deleted`);
            leave("/");
          }}
        >
          <p>It is taken off the engines after what is in flight is committed. Its topics and its history are kept.</p>
        </Confirm>
      )}
      {guard}
    </div>
  );
}

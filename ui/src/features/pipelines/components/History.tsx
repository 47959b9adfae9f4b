import { useState } from "react";
import type { Pipeline, RevisionSummary } from "@/shared/api/types";
import { useMay } from "@/shared/session/session";
import { Badge } from "@/shared/ui/Badge";
import { Button } from "@/shared/ui/Button";
import { Confirm } from "@/shared/ui/Confirm";
import { Time } from "@/shared/ui/Time";
import { useToast } from "@/shared/ui/Toasts";
import { useRollback } from "../api/rollback";
import { Changes } from "./Changes";
import { RevisionDialog } from "./RevisionDialog";

/** Every revision with what it changed; any of them can be looked at and made the newest again. */
export function History({ pipeline, revisions, running }: { pipeline: Pipeline; revisions: RevisionSummary[]; running?: number }) {
  const { name } = pipeline;
  const mayEdit = useMay("editor");
  const [shown, setShown] = useState<number>();
  const [back, setBack] = useState<number>();
  const rollback = useRollback(name);
  const say = useToast();
  return (
    <>
      <ol className="history">
        {revisions.map((revision) => (
          <li key={revision.revision}>
            <div className="row spread">
              <div className="row">
                <strong>Revision {revision.revision}</strong>
                {revision.revision === running && <Badge tone="ok">running</Badge>}
                {!revision.applied && <Badge tone="idle">never ran</Badge>}
                <span className="muted">
                  <Time iso={revision.created_at} />
                  {revision.author && <> by {revision.author}</>}
                </span>
              </div>
              <div className="row">
                <Button variant="quiet" onClick={() => setShown(revision.revision)}>
                  Compare<span className="visually-hidden"> revision {revision.revision} with the newest</span>
                </Button>
                {mayEdit && revision.revision !== pipeline.revision && (
                  <Button onClick={() => setBack(revision.revision)}>
                    Roll back<span className="visually-hidden"> to revision {revision.revision}</span>
                  </Button>
                )}
              </div>
            </div>
            <Changes changes={revision.changes} />
          </li>
        ))}
      </ol>
      {shown !== undefined && <RevisionDialog pipeline={pipeline} revision={shown} onClose={() => setShown(undefined)} />}
      {back !== undefined && (
        <Confirm
          title={`Roll back to revision ${back}?`}
          action="Roll back"
          onClose={() => setBack(undefined)}
          onConfirm={async () => {
            const saved = await rollback.mutateAsync(back);
            say("ok", `Revision ${back} is now revision ${saved.revision}`);
          }}
        >
          <p>
            Its spec is saved as a new revision and replaces what runs once it has passed the change gate. Nothing is lost: revision{" "}
            {pipeline.revision} stays in the history.
          </p>
        </Confirm>
      )}
    </>
  );
}

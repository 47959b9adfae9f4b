import type { Pipeline, Spec } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Diff } from "@/shared/ui/Diff";
import { Notice } from "@/shared/ui/Notice";
import { specOf } from "../model/draft";
import { merge } from "../model/merge";

interface Props {
  base: Spec;
  mine: Spec;
  theirs: Pipeline;
  /** Goes on editing with this spec, on top of their revision. */
  onResolve: (spec: Spec) => void;
  onClose: () => void;
}

/** Somebody else saved first. Shows both sides and lets the user decide; nothing is lost until then. */
export function Conflict({ base, mine, theirs, onResolve, onClose }: Props) {
  const their = specOf(theirs);
  const merged = merge(base, mine, their);
  return (
    <Dialog
      title={`Revision ${theirs.revision} was saved meanwhile`}
      wide
      onClose={onClose}
      footer={
        <>
          <Button onClick={() => onResolve(their)}>Take theirs, drop mine</Button>
          <Button onClick={() => onResolve(mine)}>Keep mine, drop theirs</Button>
          <Button variant="primary" onClick={() => onResolve(merged.spec)}>
            Bring both together
          </Button>
        </>
      }
    >
      <div className="stack">
        <p>
          {theirs.updated_by || "Somebody"} changed this pipeline while you were editing. Yours is still here and nothing has been saved. Choose how to go
          on; you can look at the result before you save.
        </p>
        {merged.both.length > 0 && (
          <Notice kind="warn">
            Both of you changed {merged.both.join(", ")}. If you bring both together, that is taken from yours
            {merged.theirs.length > 0 && <> and {merged.theirs.join(", ")} from theirs</>}.
          </Notice>
        )}
        {merged.both.length === 0 && merged.theirs.length > 0 && <Notice kind="info">They changed {merged.theirs.join(", ")}; you did not, so the two fit together.</Notice>}
        <h3>What they changed</h3>
        <Diff label="Their changes" before={writeJson(base, 2)} after={writeJson(their, 2)} />
        <h3>What you changed</h3>
        <Diff label="Your changes" before={writeJson(base, 2)} after={writeJson(mine, 2)} />
      </div>
    </Dialog>
  );
}

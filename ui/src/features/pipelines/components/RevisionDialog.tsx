import { useQuery } from "@tanstack/react-query";
import type { Pipeline } from "@/shared/api/types";
import { writeJson } from "@/shared/json/exact";
import { Dialog } from "@/shared/ui/Dialog";
import { Diff } from "@/shared/ui/Diff";
import { Failure, Loading } from "@/shared/ui/Notice";
import { revisionQuery } from "../api/revision";

/** An earlier revision beside the newest one. */
export function RevisionDialog({ pipeline, revision, onClose }: { pipeline: Pipeline; revision: number; onClose: () => void }) {
  const query = useQuery(revisionQuery(pipeline.name, revision));
  const { revision: newest, created_at: _created, updated_at: _updated, updated_by: _by, ...spec } = pipeline;
  return (
    <Dialog title={`From revision ${revision} to ${newest}`} wide onClose={onClose}>
      {query.isPending && <Loading what={`revision ${revision}`} lines={6} />}
      {query.isError && <Failure what={`revision ${revision}`} error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <Diff label={`Revision ${revision} against ${newest}`} before={readable(query.data.spec)} after={readable(spec)} />
      )}
    </Dialog>
  );
}

/** JSON in which the lines of inline code stand below each other, so that a diff shows the line that changed. */
const readable = (spec: unknown) => writeJson(spec, 2).replaceAll("\\n", "\n        ").replaceAll('\\"', '"');

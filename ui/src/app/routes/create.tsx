import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { editedQuery } from "@/features/editor/api/read";
import { CreateForm } from "@/features/editor/components/CreateForm";
import { emptyDraft, newStep, specOf, toDraft, type Draft } from "@/features/editor/model/draft";
import { Bench } from "@/features/trial/components/Bench";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/new");

export function Create() {
  const { from, source, transform } = route.useSearch();
  const query = useQuery({ ...editedQuery(from ?? ""), enabled: from !== undefined });
  const draft = (): Draft => {
    if (query.data) return { ...toDraft(specOf(query.data)), name: "", state: undefined };
    const empty = emptyDraft();
    return { ...empty, source: { topic: source ?? "" }, steps: transform ? [newStep([], transform)] : [] };
  };
  return (
    <Page title={from ? `Copy of ${from}` : "New pipeline"}>
      {query.isError && <Failure what={`pipeline ${from}`} error={query.error} retry={() => void query.refetch()} />}
      {from && query.isPending && <Loading what={`pipeline ${from}`} lines={8} />}
      {(!from || query.data) && <CreateForm initial={draft()} bench={(spec) => <Bench of={{ spec }} spec={spec} />} />}
    </Page>
  );
}

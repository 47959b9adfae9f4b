import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { editedQuery } from "@/features/editor/api/read";
import { EditForm } from "@/features/editor/components/EditForm";
import { Bench } from "@/features/trial/components/Bench";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/pipelines/$name/edit");

export function Edit() {
  const { name } = route.useParams();
  const query = useQuery(editedQuery(name));
  return (
    <Page title={`Edit ${name}`} lead={query.data && `on top of revision ${query.data.revision}`}>
      {query.isPending && <Loading what={`pipeline ${name}`} lines={8} />}
      {query.isError && <Failure what={`pipeline ${name}`} error={query.error} retry={() => void query.refetch()} />}
      {query.data && <EditForm key={name} pipeline={query.data} bench={(spec) => <Bench of={{ spec }} spec={spec} />} />}
    </Page>
  );
}

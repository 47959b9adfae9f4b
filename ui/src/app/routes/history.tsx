import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { pipelineQuery } from "@/features/pipelines/api/get";
import { revisionsQuery } from "@/features/pipelines/api/revisions";
import { History as Revisions } from "@/features/pipelines/components/History";
import { usePipelineStatus } from "@/features/pipelines/hooks/usePipelineStatus";
import { Button } from "@/shared/ui/Button";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Section } from "@/shared/ui/Page";

const route = getRouteApi("/pipelines/$name/history");

export function History() {
  const { name } = route.useParams();
  const { data: pipeline } = useSuspenseQuery(pipelineQuery(name));
  const query = useInfiniteQuery(revisionsQuery(name));
  const status = usePipelineStatus(name);
  return (
    <Section title="Revisions">
      {query.isPending && <Loading what="the history" lines={6} />}
      {query.isError && <Failure what="the history" error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <Revisions pipeline={pipeline} revisions={query.data.pages.flatMap((page) => page.items)} running={status?.applied_revision} />
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Section>
  );
}

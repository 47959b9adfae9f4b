import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { pipelinesQuery } from "@/features/pipelines/api/list";
import { Filters } from "@/features/pipelines/components/Filters";
import { PipelineTable } from "@/features/pipelines/components/PipelineTable";
import { Summary } from "@/features/pipelines/components/Summary";
import { useStatuses } from "@/features/pipelines/hooks/live";
import type { Phase } from "@/shared/api/types";
import { useMay } from "@/shared/session/session";
import { Button } from "@/shared/ui/Button";
import { Icon } from "@/shared/ui/Icon";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/");

export function Dashboard() {
  const { q = "", phase } = route.useSearch();
  const navigate = route.useNavigate();
  const search = useDeferredValue(q);
  const query = useInfiniteQuery(pipelinesQuery({ search }));
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const statuses = useStatuses(all.map((pipeline) => pipeline.status));
  const counts = new Map<Phase, number>();
  for (const status of statuses) counts.set(status.phase, (counts.get(status.phase) ?? 0) + 1);
  const shown = phase ? all.filter((_, i) => statuses[i]?.phase === phase) : all;
  // The search field stays while its answer is on its way, or what is typed meanwhile would be lost.
  const none = query.isSuccess && all.length === 0 && !q;
  const mayCreate = useMay("editor");
  const create = mayCreate && (
    <Link to="/new" className="btn btn-primary">
      <Icon name="plus" />
      New pipeline
    </Link>
  );
  return (
    <Page title="Pipelines" actions={create}>
      {all.length > 0 && <Summary statuses={all.map((pipeline) => pipeline.status)} />}
      {!none && (
        <Filters
          search={q}
          phase={phase}
          counts={counts}
          onSearch={(next) => void navigate({ search: (s) => ({ ...s, q: next || undefined }), replace: true })}
          onPhase={(next) => void navigate({ search: (s) => ({ ...s, phase: next }), replace: true })}
        />
      )}
      {query.isPending && <Loading what="pipelines" lines={6} />}
      {query.isError && all.length === 0 && <Failure what="pipelines" error={query.error} retry={() => void query.refetch()} />}
      {none && (
        <Empty title="No pipelines yet" action={create}>
          A pipeline reads a Kafka topic, runs your JavaScript on every event and writes what comes of it to another topic.
        </Empty>
      )}
      {query.isSuccess && shown.length === 0 && (q || phase) && (
        <Empty title="Nothing matches" action={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>}>
          No pipeline {phase && `is ${phase}`} {q && `${phase ? "and " : ""}has “${q}” in its name, description, owner or topics`}.
        </Empty>
      )}
      {shown.length > 0 && <PipelineTable pipelines={shown} />}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Page>
  );
}

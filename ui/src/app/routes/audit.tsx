import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { auditQuery } from "@/features/audit/api/list";
import { AuditList } from "@/features/audit/components/AuditList";
import { Button } from "@/shared/ui/Button";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";

const route = getRouteApi("/audit");

export function Audit() {
  const { pipeline } = route.useSearch();
  const query = useInfiniteQuery(auditQuery(pipeline));
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Audit"
      lead={
        pipeline ? (
          <>
            Changes of {pipeline}. <Link to="/audit">Show all</Link>
          </>
        ) : (
          "Every change of a pipeline, by whom and when."
        )
      }
    >
      {query.isPending && <Loading what="the audit log" lines={6} />}
      {query.isError && <Failure what="the audit log" error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && entries.length === 0 && <Empty title="Nothing yet">Creating, changing, pausing and deleting pipelines is written down here.</Empty>}
      {entries.length > 0 && <AuditList entries={entries} />}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { deadLettersQuery } from "@/features/dead-letters/api/groups";
import { Groups } from "@/features/dead-letters/components/Groups";
import { exactCount } from "@/shared/format/format";
import { Button } from "@/shared/ui/Button";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { Section } from "@/shared/ui/Page";

const route = getRouteApi("/pipelines/$name/dead-letters");

export function DeadLetters() {
  const { name } = route.useParams();
  const query = useQuery(deadLettersQuery(name));
  const data = query.data;
  return (
    <Section
      title="Dead letters by cause"
      aside={
        <Button icon="restart" busy={query.isFetching} onClick={() => void query.refetch()}>
          Read again
        </Button>
      }
    >
      <div className="stack">
        {query.isPending && <Loading what="dead letters" lines={6} />}
        {query.isError && <Failure what="dead letters" error={query.error} retry={() => void query.refetch()} />}
        {data && data.groups.length > 0 && (
          <p className="muted">
            {exactCount(data.scanned)} records of <span className="mono">{data.topic}</span> looked at
            {data.complete ? ", all there are." : "; older ones are not counted."}
          </p>
        )}
        {data && data.groups.length === 0 && (
          <Empty title="No dead letters">Events that fail a schema or a step come here, with their cause and their bytes, and can be replayed.</Empty>
        )}
        {data && <Groups name={name} groups={data.groups} complete={data.complete} />}
      </div>
    </Section>
  );
}

import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { pipelineQuery } from "@/features/pipelines/api/get";
import { scalingQuery } from "@/features/scaling/api/scaling";
import { Changes } from "@/features/scaling/components/Changes";
import { Course } from "@/features/scaling/components/Course";
import { Now } from "@/features/scaling/components/Now";
import { Pods } from "@/features/scaling/components/Pods";
import { Button } from "@/shared/ui/Button";
import { Empty, Failure, Loading, Notice } from "@/shared/ui/Notice";
import { Section } from "@/shared/ui/Page";

const route = getRouteApi("/pipelines/$name/scaling");

export function Scaling() {
  const { name } = route.useParams();
  const { data: pipeline } = useSuspenseQuery(pipelineQuery(name));
  const query = useInfiniteQuery(scalingQuery(name));
  const scaling = query.data?.pages[0];
  if (!scaling) {
    return query.isError ? (
      <Failure what="how it is scaled" error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading what="how it is scaled" lines={6} />
    );
  }
  const changes = query.data?.pages.flatMap((page) => page.history) ?? [];
  return (
    <>
      {scaling.reason && (
        <Notice kind={scaling.scales ? "warn" : "info"} title={scaling.scales ? "Scaling is held up" : "Nothing scales it right now"}>
          {sentence(scaling.reason)}
        </Notice>
      )}
      <Now scaling={scaling} />
      <Section title="Instances">
        {scaling.instances.length === 0 ? (
          <Empty title="No instance runs it">What it has not read waits in Kafka.</Empty>
        ) : (
          <Pods instances={scaling.instances} wanted={pipeline.revision} />
        )}
      </Section>
      <Section title="How it was scaled">
        {changes.length === 0 ? (
          <Empty title="Nothing yet">Each change of the number of pods, its bounds and the partitions is written down here with its cause.</Empty>
        ) : (
          <div className="stack">
            <Course changes={changes} />
            <Changes changes={changes} />
          </div>
        )}
        {query.hasNextPage && (
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older ones
          </Button>
        )}
      </Section>
    </>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { pipelineQuery } from "@/features/pipelines/api/get";
import { Instances } from "@/features/pipelines/components/Instances";
import { Lag } from "@/features/pipelines/components/Lag";
import { LastErrors } from "@/features/pipelines/components/LastErrors";
import { Topology } from "@/features/pipelines/components/Topology";
import { usePipelineStatus } from "@/features/pipelines/hooks/usePipelineStatus";
import { Section } from "@/shared/ui/Page";

const RateChart = lazy(() => import("@/features/pipelines/components/RateChart"));
const route = getRouteApi("/pipelines/$name/");

export function Overview() {
  const { name } = route.useParams();
  const { data: pipeline } = useSuspenseQuery(pipelineQuery(name));
  const status = usePipelineStatus(name);
  return (
    <>
      <Section title="Flow">
        <Topology pipeline={pipeline} status={status} />
      </Section>
      <div className="columns">
        <Section title="Rates" aside={<span className="muted">records per second, since this page was opened</span>}>
          <Suspense fallback={<div className="chart" />}>
            <RateChart name={name} />
          </Suspense>
        </Section>
        <Section title="Last errors">
          <LastErrors errors={status?.last_errors ?? []} />
        </Section>
      </div>
      <Section title="Instances" aside={status && <span className="row muted">Lag <Lag status={status} /></span>}>
        <Instances instances={status?.instances ?? []} wanted={pipeline.revision} />
      </Section>
    </>
  );
}

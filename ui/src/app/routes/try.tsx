import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { specOf } from "@/features/editor/model/draft";
import { pipelineQuery } from "@/features/pipelines/api/get";
import { Bench } from "@/features/trial/components/Bench";

const route = getRouteApi("/pipelines/$name/try");

export function Try() {
  const { name } = route.useParams();
  const { data: pipeline } = useSuspenseQuery(pipelineQuery(name));
  return <Bench of={{ pipeline: name }} spec={specOf(pipeline)} />;
}

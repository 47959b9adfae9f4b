import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { pipelineQuery } from "@/features/pipelines/api/get";
import { DetailActions } from "@/features/pipelines/components/DetailHead";
import { PhaseBadge } from "@/features/pipelines/components/PhaseBadge";
import { usePipelineStatus } from "@/features/pipelines/hooks/usePipelineStatus";
import { Failure, Loading, Notice } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";
import { Time } from "@/shared/ui/Time";
import "@/features/pipelines/components/pipelines.css";

const route = getRouteApi("/pipelines/$name");

const tabs = [
  { to: "/pipelines/$name", label: "Overview" },
  { to: "/pipelines/$name/try", label: "Try on events" },
  { to: "/pipelines/$name/dead-letters", label: "Dead letters" },
  { to: "/pipelines/$name/scaling", label: "Scaling" },
  { to: "/pipelines/$name/history", label: "History" },
  { to: "/pipelines/$name/config", label: "Config" },
] as const;

export function Detail() {
  const { name } = route.useParams();
  const query = useQuery(pipelineQuery(name));
  const status = usePipelineStatus(name);
  const pipeline = query.data;
  if (!pipeline) {
    return (
      <Page title={name}>
        {query.isError ? (
          <Failure what={`pipeline ${name}`} error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading what={`pipeline ${name}`} lines={8} />
        )}
      </Page>
    );
  }
  const inTrouble = status?.message && !["running", "paused", "stopped"].includes(status.phase);
  return (
    <Page
      title={name}
      heading={
        <span className="row">
          {name} {status && <PhaseBadge phase={status.phase} />}
        </span>
      }
      lead={
        <>
          {pipeline.description && <p>{pipeline.description}</p>}
          <p className="muted">
            {pipeline.owner && <>Owned by {pipeline.owner} · </>}
            revision {pipeline.revision}
            {status && status.applied_revision !== pipeline.revision && <> ({status.applied_revision || "none"} is running)</>}, saved{" "}
            <Time iso={pipeline.updated_at} />
            {pipeline.updated_by && <> by {pipeline.updated_by}</>}
          </p>
        </>
      }
      actions={<DetailActions pipeline={pipeline} status={status} />}
    >
      {inTrouble && (
        <Notice kind={status.phase === "pending" ? "info" : status.phase === "waiting" ? "warn" : "bad"}>{status.message}</Notice>
      )}
      <nav className="tabs" aria-label={`Pages of ${name}`}>
        {tabs.map(({ to, label }) => (
          <Link key={to} to={to} params={{ name }} className="tab" activeOptions={{ exact: true }}>
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCheck } from "@/features/schemas/api/check";
import { CheckForm } from "@/features/schemas/components/CheckForm";
import { CheckResult } from "@/features/schemas/components/CheckResult";
import { subjectQuery } from "@/shared/catalog/subject";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page, Section } from "@/shared/ui/Page";

/** Brings what just appeared into the window. */
const show = (part: HTMLElement | null) => part?.scrollIntoView({ block: "start" });

const route = getRouteApi("/schemas/$subject/check");

export function CheckSchema() {
  const { subject } = route.useParams();
  const query = useQuery(subjectQuery(subject));
  const check = useCheck(subject);
  return (
    <Page
      title={`New version of ${subject}`}
      heading={
        <>
          New version of{" "}
          <Link to="/schemas/$subject" params={{ subject }} className="mono">
            {subject}
          </Link>
        </>
      }
      lead="What it would do to the pipelines that use the subject, told by generated events. Nothing is registered."
    >
      {query.isPending && <Loading what={`subject ${subject}`} lines={8} />}
      {query.isError && <Failure what={`subject ${subject}`} error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <Section title="The new version">
          <CheckForm latest={query.data.latest} rule={query.data.compatibility} busy={check.isPending} error={check.error} onEdit={check.reset} onCheck={check.mutate} />
        </Section>
      )}
      {check.data && (
        <div ref={show} className="stack check-result">
          <CheckResult found={check.data} />
        </div>
      )}
    </Page>
  );
}

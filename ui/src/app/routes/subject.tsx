import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { versionQuery } from "@/features/schemas/api/version";
import { SchemaText } from "@/features/schemas/components/SchemaText";
import { subjectQuery } from "@/shared/catalog/subject";
import { Badge } from "@/shared/ui/Badge";
import { Copy } from "@/shared/ui/Copy";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page, Section } from "@/shared/ui/Page";
import { UsedBy } from "@/shared/ui/UsedBy";

const route = getRouteApi("/schemas/$subject");

export function Subject() {
  const { subject } = route.useParams();
  const { version } = route.useSearch();
  const query = useQuery(subjectQuery(subject));
  const data = query.data;
  const latest = data?.latest.version;
  const chosen = version ?? latest;
  const text = useQuery({ ...versionQuery(subject, chosen ?? 0), enabled: chosen !== undefined && chosen !== latest });
  const schema = chosen === latest ? data?.latest : text.data;
  return (
    <Page
      title={subject}
      heading={<span className="mono">{subject}</span>}
      lead={data && <>{data.compatibility ? `Compatibility ${data.compatibility}` : "No compatibility rule of its own"}</>}
      actions={
        <Link to="/schemas/$subject/check" params={{ subject }} className="btn btn-secondary">
          Check a new version
        </Link>
      }
    >
      {query.isPending && <Loading what={`subject ${subject}`} lines={8} />}
      {query.isError && <Failure what={`subject ${subject}`} error={query.error} retry={() => void query.refetch()} />}
      {data && (
        <>
          <Section
            title={`Version ${chosen}`}
            aside={
              <div className="row">
                {schema && <Badge tone="accent">{schema.type}</Badge>}
                {schema && <span className="muted">id {schema.id}</span>}
                {schema && <Copy text={schema.schema} />}
              </div>
            }
          >
            <div className="stack">
              <nav className="chips" aria-label="Versions">
                {data.versions.toReversed().map((v) => (
                  <Link
                    key={v}
                    to="/schemas/$subject"
                    params={{ subject }}
                    search={{ version: v === latest ? undefined : v }}
                    className="chip"
                    aria-current={v === chosen ? "page" : undefined}
                  >
                    {v}
                    {v === latest && " · latest"}
                  </Link>
                ))}
              </nav>
              {text.isError && <Failure what={`version ${chosen}`} error={text.error} retry={() => void text.refetch()} />}
              {schema ? <SchemaText text={schema.schema} type={schema.type} label={`Schema of ${subject}`} /> : !text.isError && <Loading what="the schema" lines={8} />}
              {schema && schema.references.length > 0 && (
                <p className="muted">
                  Refers to{" "}
                  {schema.references.map((ref) => (
                    <Link key={ref.name} to="/schemas/$subject" params={{ subject: ref.subject }} search={{ version: ref.version }}>
                      {ref.subject} v{ref.version}{" "}
                    </Link>
                  ))}
                </p>
              )}
            </div>
          </Section>
          <Section title="Used by">
            <UsedBy uses={data.used_by} />
          </Section>
        </>
      )}
    </Page>
  );
}

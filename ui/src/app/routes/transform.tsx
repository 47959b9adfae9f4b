import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Code } from "@/shared/code/Code";
import { transformQuery } from "@/shared/catalog/transform";
import type { Json } from "@/shared/json/exact";
import { Badge } from "@/shared/ui/Badge";
import { Copy } from "@/shared/ui/Copy";
import { Icon } from "@/shared/ui/Icon";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page, Section } from "@/shared/ui/Page";
import { UsedBy } from "@/shared/ui/UsedBy";
import { JsonValue } from "@/shared/ui/Value";
import "@/features/transforms/components/transforms.css";

const route = getRouteApi("/transforms/$id");

export function Transform() {
  const { id } = route.useParams();
  const query = useQuery(transformQuery(id));
  const data = query.data;
  return (
    <Page
      title={id}
      heading={
        <span className="row">
          <span className="mono">{id}</span>
          {data?.kind && <Badge tone="idle">{data.kind}</Badge>}
        </span>
      }
      lead={data && <p className="doc">{data.doc}</p>}
      actions={
        <Link to="/new" search={{ transform: id }} className="btn btn-secondary">
          <Icon name="plus" />
          Pipeline with it
        </Link>
      }
    >
      {query.isPending && <Loading what={`transform ${id}`} lines={8} />}
      {query.isError && <Failure what={`transform ${id}`} error={query.error} retry={() => void query.refetch()} />}
      {data && (
        <>
          <Section title="Used by">
            <UsedBy uses={data.used_by} />
          </Section>
          {data.params !== undefined && data.params !== null && (
            <Section title="Parameters" aside={<span className="muted">JSON Schema</span>}>
              <JsonValue value={data.params as Json} label="Schema of the parameters" />
            </Section>
          )}
          {data.source !== undefined && (
            <Section title="Source" aside={<Copy text={data.source} />}>
              <Code language="ts" label={`Source of ${data.file}`} value={data.source} />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

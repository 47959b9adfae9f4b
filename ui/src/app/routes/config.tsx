import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { configQuery } from "@/features/pipelines/api/config";
import { Code } from "@/shared/code/Code";
import { Copy } from "@/shared/ui/Copy";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Section } from "@/shared/ui/Page";

const route = getRouteApi("/pipelines/$name/config");

export function Config() {
  const { name } = route.useParams();
  const query = useQuery(configQuery(name));
  return (
    <Section title="Stream config" aside={query.data && <Copy text={query.data} label="Copy YAML" />}>
      <div className="stack">
        <p className="muted">
          Exactly as it was pushed to the engines, code included. Saved to a file, <code>inflect run</code> runs it alone.
        </p>
        {query.isPending && <Loading what="the config" lines={10} />}
        {query.isError && <Failure what="the config" error={query.error} retry={() => void query.refetch()} />}
        {query.data && <Code language="yaml" label={`Stream config of ${name}`} value={query.data} />}
      </div>
    </Section>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { TransformList } from "@/features/transforms/components/TransformList";
import { transformsQuery } from "@/shared/catalog/transforms";
import { Issues } from "@/shared/ui/Field";
import { Empty, Failure, Loading, Notice } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";
import { SearchField } from "@/shared/ui/SearchField";

const route = getRouteApi("/transforms");

export function Transforms() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(transformsQuery(useDeferredValue(q)));
  return (
    <Page title="Transforms" lead="Functions that your transform directory exports. Pipelines name them as file.ts#export.">
      <search className="filters">
        <SearchField
          label="Search transforms"
          placeholder="Part of a name"
          value={q}
          onChange={(next) => void navigate({ search: { q: next || undefined }, replace: true })}
        />
      </search>
      {query.isPending && <Loading what="transforms" lines={6} />}
      {query.isError && <Failure what="transforms" error={query.error} retry={() => void query.refetch()} />}
      {query.data && query.data.errors.length > 0 && (
        <Notice kind="warn" title={query.data.errors.length === 1 ? "A file cannot be used" : `${query.data.errors.length} files cannot be used`}>
          <Issues issues={query.data.errors} />
        </Notice>
      )}
      {query.data?.items.length === 0 && (
        <Empty title={q ? "No transform has that in its name" : "No transforms yet"}>
          Export a function from a .ts or .js file in the transform directory; <code>inflect transforms new</code> makes one to begin with.
        </Empty>
      )}
      {query.data && query.data.items.length > 0 && <TransformList transforms={query.data.items} />}
    </Page>
  );
}

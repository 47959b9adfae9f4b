import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { subjectsQuery } from "@/shared/catalog/subjects";
import { Button } from "@/shared/ui/Button";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";
import { SearchField } from "@/shared/ui/SearchField";

const route = getRouteApi("/schemas");

export function Schemas() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(subjectsQuery(useDeferredValue(q)));
  const subjects = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Schemas" lead="Subjects of the schema registry.">
      <search className="filters">
        <SearchField
          label="Search subjects"
          placeholder="Part of a subject"
          value={q}
          onChange={(next) => void navigate({ search: { q: next || undefined }, replace: true })}
        />
      </search>
      {query.isPending && <Loading what="subjects" lines={6} />}
      {query.isError && <Failure what="subjects" error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && subjects.length === 0 && (
        <Empty title={q ? "No subject has that in its name" : "No subjects"}>Schemas are registered by producers, or with the registry’s own tools.</Empty>
      )}
      {subjects.length > 0 && (
        <ul className="panel plain-list">
          {subjects.map(({ subject }) => (
            <li key={subject}>
              <Link to="/schemas/$subject" params={{ subject }} className="mono">
                {subject}
              </Link>
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Page>
  );
}

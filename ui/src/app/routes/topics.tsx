import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { topicsQuery } from "@/shared/catalog/topics";
import { Button } from "@/shared/ui/Button";
import { Empty, Failure, Loading } from "@/shared/ui/Notice";
import { Page } from "@/shared/ui/Page";
import { SearchField } from "@/shared/ui/SearchField";
import { TableScroll } from "@/shared/ui/TableScroll";

const route = getRouteApi("/topics");

export function Topics() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(topicsQuery(useDeferredValue(q)));
  const topics = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Topics">
      <search className="filters">
        <SearchField
          label="Search topics"
          placeholder="Part of a name"
          value={q}
          onChange={(next) => void navigate({ search: { q: next || undefined }, replace: true })}
        />
      </search>
      {query.isPending && <Loading what="topics" lines={6} />}
      {query.isError && <Failure what="topics" error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && topics.length === 0 && (
        <Empty title={q ? "No topic has that in its name" : "No topics"}>Topics are made in Kafka, or by a pipeline whose target asks for it.</Empty>
      )}
      {topics.length > 0 && (
        <TableScroll label="Table of topics" panel>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col" className="right">Partitions</th>
                <th scope="col" className="right">Replication</th>
              </tr>
            </thead>
            <tbody>
              {topics.map((topic) => (
                <tr key={topic.name}>
                  <th scope="row">
                    <Link to="/topics/$topic" params={{ topic: topic.name }} className="mono">
                      {topic.name}
                    </Link>
                  </th>
                  <td className="right num">{topic.partitions}</td>
                  <td className="right num">{topic.replication}</td>
                </tr>
              ))}
            </tbody>
        </TableScroll>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { topicQuery } from "@/features/topics/api/topic";
import { Records } from "@/features/topics/components/Records";
import { exactCount } from "@/shared/format/format";
import { Icon } from "@/shared/ui/Icon";
import { Failure, Loading } from "@/shared/ui/Notice";
import { Page, Section } from "@/shared/ui/Page";
import { TableScroll } from "@/shared/ui/TableScroll";
import { UsedBy } from "@/shared/ui/UsedBy";

const route = getRouteApi("/topics/$topic");

export function Topic() {
  const { topic } = route.useParams();
  const query = useQuery(topicQuery(topic));
  const data = query.data;
  const total = data?.partitions.reduce((sum, p) => sum + Math.max(0, p.end_offset - p.start_offset), 0) ?? 0;
  return (
    <Page
      title={topic}
      heading={<span className="mono">{topic}</span>}
      lead={data && `${data.partitions.length} partitions, up to ${exactCount(total)} records`}
      actions={
        <Link to="/new" search={{ source: topic }} className="btn btn-secondary">
          <Icon name="plus" />
          Pipeline from here
        </Link>
      }
    >
      {query.isPending && <Loading what={`topic ${topic}`} lines={8} />}
      {query.isError && <Failure what={`topic ${topic}`} error={query.error} retry={() => void query.refetch()} />}
      {data && (
        <>
          <Section title="Records">
            <Records topic={topic} partitions={data.partitions.map((p) => p.partition)} />
          </Section>
          <Section title="Used by">
            <UsedBy uses={data.used_by} />
          </Section>
          <Section title="Partitions">
            <TableScroll label="Table of partitions">
                <thead>
                  <tr>
                    <th scope="col">Partition</th>
                    <th scope="col" className="right">First offset</th>
                    <th scope="col" className="right">End offset</th>
                    <th scope="col">Leader</th>
                    <th scope="col">In sync</th>
                  </tr>
                </thead>
                <tbody>
                  {data.partitions.map((p) => (
                    <tr key={p.partition}>
                      <th scope="row" className="num">{p.partition}</th>
                      <td className="right num">{p.error ? "?" : exactCount(p.start_offset)}</td>
                      <td className="right num">{p.error ? p.error : exactCount(p.end_offset)}</td>
                      <td className="num">{p.leader < 0 ? "none" : p.leader}</td>
                      <td className="num">
                        {p.in_sync.length} of {p.replicas.length}
                      </td>
                    </tr>
                  ))}
                </tbody>
            </TableScroll>
          </Section>
          <Section title="Configuration">
            <TableScroll label="Table of settings">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Value</th>
                    <th scope="col">Set</th>
                  </tr>
                </thead>
                <tbody>
                  {data.configs.map((config) => (
                    <tr key={config.name}>
                      <th scope="row" className="mono">{config.name}</th>
                      <td className="mono">{config.value ?? <span className="muted">secret</span>}</td>
                      <td>{config.default ? <span className="muted">default</span> : "on this topic"}</td>
                    </tr>
                  ))}
                </tbody>
            </TableScroll>
          </Section>
        </>
      )}
    </Page>
  );
}

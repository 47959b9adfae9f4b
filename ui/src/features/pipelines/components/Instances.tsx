import type { Instance } from "@/shared/api/types";
import { exactCount } from "@/shared/format/format";
import { Badge } from "@/shared/ui/Badge";
import { Empty } from "@/shared/ui/Notice";

/** Every process that runs the pipeline: its revision, its partitions and how far behind each is. */
export function Instances({ instances, wanted }: { instances: Instance[]; wanted: number }) {
  if (instances.length === 0) return <Empty title="No instance runs it">It starts when it is resumed and an engine has taken it.</Empty>;
  return (
    <ul className="stack">
      {instances.map((instance) => (
        <li key={instance.id} className="instance">
          <div className="row">
            <strong className="mono">{instance.id}</strong>
            <Badge tone={instance.state === "running" ? "ok" : instance.state === "failed" ? "bad" : "warn"} dot>
              {instance.state}
            </Badge>
            <span className={instance.revision === wanted ? "muted" : "instance-behind"}>
              revision {instance.revision}
              {instance.revision !== wanted && `, ${wanted} is wanted`}
            </span>
          </div>
          {instance.reason && <p className="pl-trouble">{instance.reason}</p>}
          <Partitions instance={instance} />
        </li>
      ))}
    </ul>
  );
}

function Partitions({ instance }: { instance: Instance }) {
  if (instance.partitions.length === 0) return <p className="muted">Has no partitions; others may have them all.</p>;
  const top = Math.max(...instance.partitions.map((p) => p.lag), 1);
  return (
    <table className="table table-tight">
      <caption className="visually-hidden">Partitions of {instance.id}</caption>
      <thead>
        <tr>
          <th scope="col">Partition</th>
          <th scope="col" className="right">
            Lag
          </th>
          <th scope="col">
            <span className="visually-hidden">Compared with the others</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {instance.partitions.map((p) => (
          <tr key={`${p.topic}/${p.partition}`}>
            <th scope="row" className="mono">
              {p.topic}/{p.partition}
            </th>
            <td className="right num">{exactCount(p.lag)}</td>
            <td className="bar-cell">
              <meter className="bar" min={0} max={top} value={p.lag} aria-label={`Lag of partition ${p.partition}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import type { ScaleInstance } from "@/shared/api/types";
import { exactCount } from "@/shared/format/format";
import { Badge, type Tone } from "@/shared/ui/Badge";
import { Time } from "@/shared/ui/Time";
import "./scaling.css";

/** Each instance: whether it works, which revision it runs, which partitions it has. On a narrow window each is a card. */
export function Pods({ instances, wanted }: { instances: ScaleInstance[]; wanted: number }) {
  const onNodes = instances.some((i) => i.node);
  return (
    <table className="table pods">
      <thead>
        <tr>
          <th scope="col">Instance</th>
          <th scope="col">State</th>
          <th scope="col">Revision</th>
          <th scope="col">Partitions</th>
          <th scope="col" className="right">
            Lag
          </th>
          {onNodes && (
            <>
              <th scope="col">Node</th>
              <th scope="col" className="right">
                Restarts
              </th>
              <th scope="col">Started</th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {instances.map((i) => (
          <tr key={i.id}>
            <th scope="row" className="mono">
              {i.id}
            </th>
            <td data-label="State">
              <Badge tone={tone(i)} dot>
                {i.state}
              </Badge>
              {i.reason && <p className="pod-trouble">{i.reason}</p>}
            </td>
            <td data-label="Revision" className="num">
              {i.revision || "none"}
              {i.revision > 0 && i.revision !== wanted && <span className="pod-behind"> of {wanted}</span>}
            </td>
            <td data-label="Partitions" className="num">
              {i.partitions.length === 0 ? <span className="muted">none</span> : i.partitions.map((p) => p.partition).join(", ")}
            </td>
            <td data-label="Lag" className="right num">
              {exactCount(i.partitions.reduce((sum, p) => sum + p.lag, 0))}
            </td>
            {onNodes && (
              <>
                <td data-label="Node" className="mono">
                  {i.node ?? <span className="muted">none yet</span>}
                </td>
                <td data-label="Restarts" className="right num">
                  {i.restarts}
                </td>
                <td data-label="Started">{i.started ? <Time iso={i.started} /> : <span className="muted">not yet</span>}</td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function tone(i: ScaleInstance): Tone {
  if (i.state === "failed") return "bad";
  return i.state === "running" && i.ready ? "ok" : "warn";
}

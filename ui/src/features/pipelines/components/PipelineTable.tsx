import "./pipelines.css";
import type { ListedPipeline } from "@/shared/api/types";
import { PipelineRow } from "./PipelineRow";

// The roles are written out because on narrow screens the table is laid out as cards, and a table whose display is
// changed loses its semantics.
export function PipelineTable({ pipelines }: { pipelines: ListedPipeline[] }) {
  return (
    <table role="table" className="pl-table" aria-label="Pipelines">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Pipeline
          </th>
          <th role="columnheader" scope="col">
            <span className="visually-hidden">Course of the rate</span>
          </th>
          <th role="columnheader" scope="col">Read /s</th>
          <th role="columnheader" scope="col">Delivered /s</th>
          <th role="columnheader" scope="col">Filtered /s</th>
          <th role="columnheader" scope="col">Dead-lettered /s</th>
          <th role="columnheader" scope="col">Lag</th>
          <th role="columnheader" scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {pipelines.map((pipeline) => (
          <PipelineRow key={pipeline.name} pipeline={pipeline} />
        ))}
      </tbody>
    </table>
  );
}

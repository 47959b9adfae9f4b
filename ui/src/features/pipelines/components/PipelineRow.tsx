import { Link, useNavigate } from "@tanstack/react-router";
import type { ListedPipeline } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/Button";
import { Icon } from "@/shared/ui/Icon";
import { Menu } from "@/shared/ui/Menu";
import { useActions } from "../hooks/useActions";
import { useCourse, useStatus } from "../hooks/live";
import { Figure } from "./Figure";
import { Lag } from "./Lag";
import { PhaseBadge } from "./PhaseBadge";
import { Spark } from "./Spark";

export function PipelineRow({ pipeline }: { pipeline: ListedPipeline }) {
  const { name } = pipeline;
  const status = useStatus(name, pipeline.status) ?? pipeline.status;
  const course = useCourse(name);
  const actions = useActions(name, status.state);
  const navigate = useNavigate();
  const { counts, rates } = status;
  const steps = pipeline.steps?.length ?? 0;
  const trouble = status.message && status.phase !== "running" && status.phase !== "paused" && status.phase !== "stopped";
  const lastError = status.last_errors.at(-1);
  return (
    <tr role="row" className="pl-row">
      <th role="rowheader" scope="row" className="pl-name">
        <div className="pl-title">
          <Link to="/pipelines/$name" params={{ name }}>
            {name}
          </Link>
          <PhaseBadge phase={status.phase} />
        </div>
        <div className="pl-route mono">
          <span>{pipeline.source.topic}</span>
          <Icon name="arrow" />
          <span className="visually-hidden">to</span>
          <span>{pipeline.target.topic}</span>
          <span className="pl-steps">
            {steps} {steps === 1 ? "step" : "steps"}
          </span>
        </div>
        {trouble ? (
          <p className="pl-trouble">{status.message}</p>
        ) : (
          lastError &&
          rates.dead_lettered > 0 && (
            <p className="pl-last" title={lastError.message}>
              <span className="mono">{lastError.stage}</span> {lastError.message}
            </p>
          )
        )}
      </th>
      <td role="cell" className="pl-spark">
        <Spark course={course} />
      </td>
      <td role="cell" data-label="Read /s">
        <Figure now={rates.read} total={counts.read} />
      </td>
      <td role="cell" data-label="Delivered /s">
        <Figure now={rates.delivered} total={counts.delivered} />
      </td>
      <td role="cell" data-label="Filtered /s">
        <Figure now={rates.filtered} total={counts.filtered} />
      </td>
      <td role="cell" data-label="Dead /s">
        <Figure now={rates.dead_lettered} total={counts.dead_lettered} tone="dead" />
      </td>
      <td role="cell" data-label="Lag">
        <Lag status={status} />
      </td>
      <td role="cell" className="pl-actions">
        <div className="pl-buttons">
          {actions.can("pause") ? (
            <IconButton icon="pause" label={`Pause ${name}`} disabled={actions.busy} onClick={() => actions.act("pause")} />
          ) : (
            <IconButton icon="play" label={`Resume ${name}`} disabled={actions.busy} onClick={() => actions.act("resume")} />
          )}
          <Menu
            label={`More actions for ${name}`}
            actions={[
              { id: "edit", label: "Edit", icon: "edit", run: () => void navigate({ to: "/pipelines/$name/edit", params: { name } }) },
              { id: "try", label: "Try on events", icon: "flask", run: () => void navigate({ to: "/pipelines/$name/try", params: { name } }) },
              { id: "restart", label: "Restart", icon: "restart", disabled: !actions.can("restart"), run: () => actions.act("restart") },
              { id: "drain", label: "Drain and pause", icon: "drain", disabled: !actions.can("drain"), run: () => actions.act("drain") },
              { id: "stop", label: "Stop…", icon: "stop", danger: true, disabled: !actions.can("stop"), run: () => actions.act("stop") },
            ]}
          />
        </div>
        {actions.dialog}
      </td>
    </tr>
  );
}

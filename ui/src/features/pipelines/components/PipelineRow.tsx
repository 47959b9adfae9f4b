import { Link, useNavigate } from "@tanstack/react-router";
import { memo } from "react";
import type { ListedPipeline } from "@/shared/api/types";
import { useMay } from "@/shared/session/session";
import { IconButton } from "@/shared/ui/Button";
import { Icon } from "@/shared/ui/Icon";
import { Menu } from "@/shared/ui/Menu";
import { useActions } from "../hooks/useActions";
import { useCourse, useStatus } from "../hooks/live";
import { Figure } from "./Figure";
import { Lag } from "./Lag";
import { PhaseBadge } from "./PhaseBadge";
import { Spark } from "./Spark";

/** One pipeline of the dashboard. It is drawn again when its own status changes, not when another's does. */
export const PipelineRow = memo(function PipelineRow({ pipeline }: { pipeline: ListedPipeline }) {
  const { name } = pipeline;
  const status = useStatus(name, pipeline.status) ?? pipeline.status;
  const course = useCourse(name);
  const actions = useActions(name, status.state);
  const mayEdit = useMay("editor");
  const navigate = useNavigate();
  const verb = status.state === "running" ? "pause" : "resume";
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
        <Link to="/pipelines/$name/dead-letters" params={{ name }} className="figure-link">
          <Figure now={rates.dead_lettered} total={counts.dead_lettered} tone="dead" />
          <span className="visually-hidden"> dead letters of {name}</span>
        </Link>
      </td>
      <td role="cell" data-label="Lag">
        <Lag status={status} />
      </td>
      <td role="cell" className="pl-actions">
        <div className="pl-buttons">
          <IconButton
            icon={verb === "pause" ? "pause" : "play"}
            label={`${verb === "pause" ? "Pause" : "Resume"} ${name}`}
            disabled={actions.busy || !actions.can(verb)}
            onClick={() => actions.act(verb)}
          />
          <Menu
            label={`More actions for ${name}`}
            actions={[
              { id: "edit", label: "Edit", icon: "edit", disabled: !mayEdit, run: () => void navigate({ to: "/pipelines/$name/edit", params: { name } }) },
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
});

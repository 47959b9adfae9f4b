import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Pipeline, Status } from "@/shared/api/types";
import { useMay } from "@/shared/session/session";
import { Button } from "@/shared/ui/Button";
import { Icon } from "@/shared/ui/Icon";
import { Menu } from "@/shared/ui/Menu";
import { useActions } from "../hooks/useActions";
import { ReplayDialog } from "./ReplayDialog";

/** What can be done to the pipeline that is shown. */
export function DetailActions({ pipeline, status }: { pipeline: Pipeline; status?: Status }) {
  const { name } = pipeline;
  const state = status?.state ?? pipeline.state ?? "running";
  const verb = state === "running" ? "pause" : "resume";
  const actions = useActions(name, state);
  const mayEdit = useMay("editor");
  const mayOperate = useMay("operator");
  const navigate = useNavigate();
  const [replaying, setReplaying] = useState(false);
  return (
    <>
      <Button icon={verb === "pause" ? "pause" : "play"} busy={actions.busy} disabled={!actions.can(verb)} onClick={() => actions.act(verb)}>
        {verb === "pause" ? "Pause" : "Resume"}
      </Button>
      {mayEdit && (
        <Link to="/pipelines/$name/edit" params={{ name }} className="btn btn-primary">
          <Icon name="edit" />
          Edit
        </Link>
      )}
      <Menu
        label={`More actions for ${name}`}
        actions={[
          { id: "restart", label: "Restart", icon: "restart", disabled: !actions.can("restart"), run: () => actions.act("restart") },
          { id: "drain", label: "Drain and pause", icon: "drain", disabled: !actions.can("drain"), run: () => actions.act("drain") },
          { id: "replay", label: "Read again from…", icon: "auto", disabled: !mayOperate, run: () => setReplaying(true) },
          { id: "copy", label: "Create a copy", icon: "copy", disabled: !mayEdit, run: () => void navigate({ to: "/new", search: { from: name } }) },
          { id: "stop", label: "Stop…", icon: "stop", danger: true, disabled: !actions.can("stop"), run: () => actions.act("stop") },
        ]}
      />
      {actions.dialog}
      {replaying && <ReplayDialog name={name} onClose={() => setReplaying(false)} />}
    </>
  );
}

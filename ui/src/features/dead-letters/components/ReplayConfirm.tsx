import { useState } from "react";
import type { DeadLetterReplay } from "@/shared/api/types";
import { exactCount } from "@/shared/format/format";
import { Code } from "@/shared/code/Code";
import { Confirm } from "@/shared/ui/Confirm";
import { Field, Input, Select, TextArea } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import { useToast } from "@/shared/ui/Toasts";
import { useReplayDeadLetters } from "../api/replay";
import { mended, type Draft } from "../model/edit";

interface Props {
  name: string;
  what: DeadLetterReplay;
  title: string;
  size: number;
  /** Whether those go, too, that were not counted. */
  older?: boolean;
  /** What to mend in the one record before it goes. */
  draft?: Draft;
  onClose: () => void;
}

/** Says what a replay does, asks how fast, and tells what came of it. */
export function ReplayConfirm({ name, what, title, size, older, draft, onClose }: Props) {
  const [text, setText] = useState(draft?.text ?? "");
  const [rate, setRate] = useState("");
  const [to, setTo] = useState<DeadLetterReplay["to"]>("source");
  const replay = useReplayDeadLetters(name);
  const say = useToast();
  const all = older ? " and older ones" : "";
  const edit = draft && text !== draft.text ? mended({ ...draft, text }) : undefined;
  const wrong = edit && "wrong" in edit ? edit.wrong : undefined;
  const confirm = async () => {
    const records = edit ? what.records?.map((record) => ({ ...record, ...edit })) : what.records;
    const done = await replay.mutateAsync({ ...what, records, to, rate: Number(rate) || 0 });
    const left = [
      done.already_replayed && `${exactCount(done.already_replayed)} had been replayed before`,
      done.loop_guard && `${exactCount(done.loop_guard)} failed too often and were left alone`,
      done.not_found && `${exactCount(done.not_found)} are no longer in the topic`,
      done.refused && `${exactCount(done.refused)} cannot be sent that way`,
      done.remaining && `${exactCount(done.remaining)} remain`,
    ].filter(Boolean);
    say("ok", [`${exactCount(done.replayed)} replayed`, ...left].join(", "));
  };
  return (
    <Confirm title={title} action={`Replay ${exactCount(size)}${all}`} wide={draft !== undefined} disabled={wrong !== undefined} onConfirm={confirm} onClose={onClose}>
      {draft?.as === "json" && (
        <div className="field">
          <span className="field-label">Value</span>
          <Code language="json" label="Value" value={text} onChange={setText} />
        </div>
      )}
      {draft && draft.as !== "json" && (
        <Field label={draft.as === "base64" ? "Value, base64" : "Value, text"}>
          <TextArea className="input mono" rows={8} value={text} onChange={(event) => setText(event.target.value)} spellCheck={false} />
        </Field>
      )}
      {wrong && <Notice kind="warn">{wrong}</Notice>}
      <p>
        {size === 1 && !older ? "The record goes" : `${exactCount(size)} ${size === 1 ? "record" : "records"}${all} go`} through {name} once more, with key{draft ? " and headers" : ", headers and bytes"} as they were.
        Each is replayed at most once; what fails again becomes a new dead letter, at most three times.
      </p>
      <Field label="Where to">
        <Select
          value={to}
          onChange={(event) => setTo(event.target.value as DeadLetterReplay["to"])}
          options={[
            { value: "source", label: "the source topic, where other readers see them, too" },
            { value: "pipeline", label: "straight through this pipeline" },
          ]}
        />
      </Field>
      <Field label="Records per second" hint="Empty for as fast as possible.">
        <Input type="number" min={0} value={rate} onChange={(event) => setRate(event.target.value)} />
      </Field>
    </Confirm>
  );
}

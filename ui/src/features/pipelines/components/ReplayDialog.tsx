import { useState } from "react";
import type { Replay } from "@/shared/api/types";
import { Confirm } from "@/shared/ui/Confirm";
import { Field, Input } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";
import { useToast } from "@/shared/ui/Toasts";
import { useReplay } from "../api/replay";

type Place = "beginning" | "time" | "offset";

/** Asks from where to read again, and says what that means for the target. */
export function ReplayDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const [place, setPlace] = useState<Place>("time");
  const [time, setTime] = useState("");
  const [offset, setOffset] = useState("0");
  const replay = useReplay(name);
  const say = useToast();
  const confirm = async () => {
    await replay.mutateAsync(target(place, time, offset));
    say("ok", `${name} reads again from ${place === "beginning" ? "the beginning" : `the given ${place}`}`);
  };
  const choice = (value: Place, label: string) => (
    <label className="check">
      <input type="radio" name="place" checked={place === value} onChange={() => setPlace(value)} />
      {label}
    </label>
  );
  return (
    <Confirm title={`Read again: ${name}`} action="Read again" onConfirm={confirm} onClose={onClose}>
      <Notice kind="warn">Everything from that place on is processed and delivered once more. Consumers of the target see it twice.</Notice>
      <fieldset className="plain stack">
        <legend className="field-label">From</legend>
        {choice("time", "a time")}
        {place === "time" && (
          <Field label="Time" hint="In your time zone. The first record at or after it is the next one read.">
            <Input type="datetime-local" step={1} value={time} onChange={(event) => setTime(event.target.value)} />
          </Field>
        )}
        {choice("offset", "an offset in every partition")}
        {place === "offset" && (
          <Field label="Offset">
            <Input type="number" min={0} value={offset} onChange={(event) => setOffset(event.target.value)} />
          </Field>
        )}
        {choice("beginning", "the beginning of the topic")}
      </fieldset>
    </Confirm>
  );
}

function target(place: Place, time: string, offset: string): Replay {
  switch (place) {
    case "beginning":
      return { beginning: true };
    case "time": {
      const at = new Date(time);
      if (Number.isNaN(at.getTime())) throw new Error("Give the time from which to read.");
      return { time: at.toISOString() };
    }
    case "offset":
      if (!/^\d+$/.test(offset)) throw new Error("Give the offset as a whole number, 0 or more.");
      return { offset: Number(offset) };
  }
}

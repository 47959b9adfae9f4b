import { useState } from "react";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, TextArea } from "@/shared/ui/Field";
import { newEvent, splitEvents, type BenchEvent } from "../model/event";

/** Takes several events at once. */
export function PasteDialog({ onAdd, onClose }: { onAdd: (events: BenchEvent[]) => void; onClose: () => void }) {
  const [text, setText] = useState("");
  const events = splitEvents(text);
  return (
    <Dialog
      title="Paste events"
      wide
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            disabled={events.length === 0}
            onClick={() => {
              onAdd(events.map((value) => newEvent(value)));
              onClose();
            }}
          >
            Add {events.length === 1 ? "1 event" : `${events.length} events`}
          </Button>
        </>
      }
    >
      <Field label="Events" hint="One JSON document, an array of them, or one to a line.">
        <TextArea className="input mono" rows={12} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </Dialog>
  );
}

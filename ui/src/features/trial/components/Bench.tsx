import { useState } from "react";
import { messageOf } from "@/shared/api/problem";
import { ApiError } from "@/shared/api/problem";
import type { Spec, TestResult } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Issues } from "@/shared/ui/Field";
import { Empty, Notice } from "@/shared/ui/Notice";
import { Section } from "@/shared/ui/Page";
import { useRun, type Trial } from "../api/run";
import { newEvent, toTestEvent, type BenchEvent } from "../model/event";
import { EventEditor } from "./EventEditor";
import { EventList } from "./EventList";
import { Fit } from "./Fit";
import { PasteDialog } from "./PasteDialog";
import { Result } from "./Result";
import { SampleDialog } from "./SampleDialog";
import "./trial.css";

interface Props {
  of: Trial;
  /** What it says: the topic and schema to take samples of, and what generated events are checked against. */
  spec: Spec;
}

/** Events, and what the pipeline makes of each of them, step by step. */
export function Bench({ of, spec }: Props) {
  const [events, setEvents] = useState<BenchEvent[]>([]);
  const [chosen, setChosen] = useState<string>();
  const [results, setResults] = useState(new Map<BenchEvent, TestResult>());
  const [dialog, setDialog] = useState<"paste" | "sample">();
  const run = useRun();
  const event = events.find((e) => e.id === chosen) ?? events[0];

  const add = (fresh: BenchEvent[]) => {
    setEvents((all) => [...all, ...fresh]);
    setChosen(fresh[0]?.id);
  };
  // What came of the old text would mislead: results are kept by the event as it was run, and a changed one is another.
  const change = (next: BenchEvent) => setEvents((all) => all.map((e) => (e.id === next.id ? next : e)));
  const remove = (id: string) => setEvents((all) => all.filter((e) => e.id !== id));
  const start = () =>
    run.mutate(
      { of, events: events.map(toTestEvent) },
      { onSuccess: (all) => setResults(new Map(all.flatMap((result, i) => (events[i] ? [[events[i], result] as const] : [])))) },
    );

  return (
    <Section
      title="Try it on events"
      aside={
        <div className="row">
          <Button icon="plus" onClick={() => add([newEvent()])}>
            Event
          </Button>
          <Button onClick={() => setDialog("paste")}>Paste…</Button>
          <Button onClick={() => setDialog("sample")}>Sample or generate…</Button>
          <Button variant="primary" icon="play" busy={run.isPending} disabled={events.length === 0} onClick={start}>
            Run {events.length > 1 ? `${events.length} events` : ""}
          </Button>
        </div>
      }
    >
      <div className="stack">
        {run.isError && (
          <Notice kind="bad" title="It could not be run">
            {run.error instanceof ApiError && run.error.issues.some((issue) => issue.field || issue.file) ? (
              <Issues issues={run.error.issues.map((issue) => ({ ...issue, message: `${issue.field ?? ""} ${issue.message}` }))} />
            ) : (
              messageOf(run.error)
            )}
          </Notice>
        )}
        {!event ? (
          <Empty
            title="No events yet"
            action={
              <div className="row">
                <Button icon="plus" onClick={() => add([newEvent()])}>
                  Write one
                </Button>
                <Button onClick={() => setDialog("sample")}>Take some from the topic</Button>
              </div>
            }
          >
            The same code runs here as in production, in a process of its own. Nothing is written to any topic.
          </Empty>
        ) : (
          <div className="bench">
            <EventList events={events} results={results} chosen={event.id} onChoose={setChosen} onRemove={remove} />
            <div className="stack">
              <EventEditor key={event.id} event={event} onChange={change} />
              {results.has(event) ? (
                <Result event={event} result={results.get(event) as TestResult} />
              ) : (
                <p className="muted">{run.isPending ? "Running…" : "Run it to see what each step makes of this event."}</p>
              )}
            </div>
          </div>
        )}
        <Fit spec={spec} onAdd={add} />
      </div>
      {dialog === "paste" && <PasteDialog onAdd={add} onClose={() => setDialog(undefined)} />}
      {dialog === "sample" && <SampleDialog source={spec.source} onAdd={add} onClose={() => setDialog(undefined)} />}
    </Section>
  );
}

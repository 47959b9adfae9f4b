import { Unreachable } from "@/shared/api/problem";
import { authorization } from "@/shared/api/token";

/** One server-sent event. */
export interface StreamEvent {
  type: string;
  data: string;
}

/**
 * Reads the event stream until it ends or signal is aborted. It is fetch and not EventSource because that one can send no
 * header and tells nobody why it was refused.
 */
export async function* events(signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const response = await fetch("/api/v1/events", { headers: { Accept: "text/event-stream", ...authorization() }, signal });
  if (!response.ok || !response.body) throw new Unreachable(`status ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll("\r", "")).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event) yield event;
    }
  }
}

/** One block of https://html.spec.whatwg.org/multipage/server-sent-events.html; comments give nothing. */
export function parseBlock(block: string): StreamEvent | undefined {
  let type = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = text;
    if (field === "data") data.push(text);
  }
  return data.length > 0 ? { type, data: data.join("\n") } : undefined;
}

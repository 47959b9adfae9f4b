import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Spec } from "@/shared/api/types";
import { Bench } from "./Bench";

afterEach(() => vi.unstubAllGlobals());

const spec: Spec = { name: "a", source: { topic: "in" }, steps: [], target: { topic: "out" } };

describe("the bench", () => {
  it("does not tell of an event what became of its old text", async () => {
    let reply: (response: Response) => void = () => undefined;
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (reply = resolve)));
    render(
      <QueryClientProvider client={new QueryClient()}>
        <Bench of={{ spec }} spec={spec} />
      </QueryClientProvider>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Write one" }));
    await userEvent.click(screen.getByRole("button", { name: "Event" }));
    await screen.findByRole("textbox", { name: "Value of the event" });
    await userEvent.click(screen.getByRole("button", { name: "Run 2 events" }));
    await screen.findByText("Running…");
    await userEvent.type(screen.getByLabelText("Key"), "k");
    const result = { outcome: "delivered", stages: [], records: [] };
    reply(new Response(JSON.stringify({ results: [result, result] }), { headers: { "Content-Type": "application/json" } }));
    await screen.findByText("Run it to see what each step makes of this event.");
    // The other one is as it was run.
    expect(screen.getAllByText("delivered")).toHaveLength(1);
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeadLetterGroup } from "@/shared/api/types";
import { Groups } from "./Groups";

const group: DeadLetterGroup = {
  fingerprint: "f", code: "step_threw", stage: "step:a", message: "boom", count: 5, replayed: 2,
  first: "2026-01-01T00:00:00Z", last: "2026-01-01T00:00:00Z", records: [],
};

function show(fields: Partial<DeadLetterGroup>, complete: boolean) {
  vi.stubGlobal("fetch", async () => Response.json({ role: "admin" }));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Groups name="orders" groups={[{ ...group, ...fields }]} complete={complete} />
    </QueryClientProvider>,
  );
  return screen.getByRole("button", { name: /^Replay/ });
}

afterEach(() => vi.unstubAllGlobals());

describe("the replay of a group", () => {
  it("says how many go where all were counted", () => {
    const button = show({}, true);
    expect(button).toHaveAccessibleName("Replay 3 of group f");
    fireEvent.click(button);
    expect(screen.getByText(/3 records go through orders/)).toBeInTheDocument();
  });

  it("says that older ones go, too, where not all were counted", () => {
    const button = show({}, false);
    expect(button).toHaveAccessibleName("Replay 3 and older ones of group f");
    fireEvent.click(button);
    expect(screen.getByText(/3 records and older ones go through orders/)).toBeInTheDocument();
  });

  it("is offered for the older ones where those that were counted have been replayed", () => {
    expect(show({ replayed: 5 }, false)).toBeEnabled();
  });

  it("is not offered where all have been replayed", () => {
    expect(show({ replayed: 5 }, true)).toBeDisabled();
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { DraftStep } from "../model/draft";
import { Steps } from "./Steps";

afterEach(() => vi.unstubAllGlobals());

function Form() {
  const [steps, setSteps] = useState<DraftStep[]>([]);
  return <Steps steps={steps} onChange={setSteps} problems={{ all: [], at: () => [], checking: false, error: null }} />;
}

it("a step that is added before the functions have come is one of them", async () => {
  vi.stubGlobal("fetch", () => new Promise<Response>(() => undefined));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Form />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Add a step" }));
  expect(screen.getByRole("combobox", { name: "Function" })).toBeVisible();
});

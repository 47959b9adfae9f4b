import { QueryClientProvider, useMutation } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Button } from "@/shared/ui/Button";
import { newQueries } from "./queries";

afterEach(() => vi.useRealTimers());

it("a button is locked as soon as it was pressed, however late timers are", async () => {
  vi.useFakeTimers();
  let saved = 0;
  function Save() {
    const save = useMutation({ mutationFn: () => new Promise<void>(() => saved++) });
    return (
      <Button busy={save.isPending} onClick={() => save.mutate()}>
        Save
      </Button>
    );
  }
  render(
    <QueryClientProvider client={newQueries()}>
      <Save />
    </QueryClientProvider>,
  );
  const button = screen.getByRole("button", { name: "Save" });
  await act(async () => button.click());
  await act(async () => button.click());
  expect(saved).toBe(1);
});

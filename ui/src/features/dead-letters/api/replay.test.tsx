import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { useReplayDeadLetters } from "./replay";

afterEach(() => vi.unstubAllGlobals());

it("does not count what it has replayed itself as replayed before", async () => {
  const answers = [
    { replayed: 10, already_replayed: 3, loop_guard: 0, not_found: 0, refused: 1, remaining: 2 },
    { replayed: 2, already_replayed: 13, loop_guard: 1, not_found: 0, refused: 1, remaining: 0 },
  ];
  vi.stubGlobal("fetch", async () => Response.json(answers.shift()));
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;
  const { result } = renderHook(() => useReplayDeadLetters("orders"), { wrapper });
  expect(await result.current.mutateAsync({ all: true })).toEqual({
    replayed: 12, already_replayed: 3, loop_guard: 1, not_found: 0, refused: 1, remaining: 0,
  });
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SchemaRef } from "@/shared/api/types";
import type { Problems } from "../hooks/useProblems";
import { SchemaPicker } from "./SchemaPicker";

beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise<Response>(() => undefined));
});
afterEach(() => vi.unstubAllGlobals());

const quiet: Problems = { all: [], at: () => [], checking: false, error: null };

function Form({ start, incoming, problems = quiet }: { start?: SchemaRef; incoming?: boolean; problems?: Problems }) {
  const [value, setValue] = useState(start);
  return (
    <QueryClientProvider client={new QueryClient()}>
      <SchemaPicker field="source.schema" value={value} onChange={setValue} problems={problems} hint="" incoming={incoming} />
      <output>{JSON.stringify(value)}</output>
    </QueryClientProvider>
  );
}

const others = { name: "Other types in the topic" };

it("says what becomes of other types, and nothing when that is the default", async () => {
  render(<Form start={{ subject: "orders-value" }} incoming />);
  expect(screen.getByRole("combobox", others)).toHaveDisplayValue("become dead letters");
  await userEvent.selectOptions(screen.getByRole("combobox", others), "are left out");
  expect(screen.getByRole("status")).toHaveTextContent('{"subject":"orders-value","others":"filter"}');
  expect(screen.getByRole("combobox", others)).toHaveDisplayValue("are left out");
  await userEvent.selectOptions(screen.getByRole("combobox", others), "become dead letters");
  expect(screen.getByRole("status")).toHaveTextContent('{"subject":"orders-value"}');
});

it("asks for other types only where records are read by a schema", () => {
  const { unmount } = render(<Form incoming />);
  expect(screen.queryByRole("combobox", others)).toBeNull();
  unmount();
  render(<Form start={{ subject: "orders-value" }} />);
  expect(screen.queryByRole("combobox", others)).toBeNull();
});

it("shows what is wrong at its field", () => {
  const at = (field: string) => (field === "source.schema.others" ? [{ code: "invalid" as const, field, message: "is no fate" }] : []);
  render(<Form start={{ subject: "orders-value" }} incoming problems={{ ...quiet, at }} />);
  expect(screen.getByRole("combobox", others)).toHaveAccessibleDescription("is no fate");
});

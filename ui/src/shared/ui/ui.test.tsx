import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Confirm } from "./Confirm";
import { Diff } from "./Diff";
import { Field, Input } from "./Field";
import { RecordView } from "./RecordView";
import { SearchField } from "./SearchField";
import { Value } from "./Value";

describe("a value", () => {
  it("is cut when it is long, until all of it is asked for", async () => {
    render(<Value text={"x".repeat(5000)} />);
    expect(screen.getByRole("region").textContent).toHaveLength(4001);
    await userEvent.click(screen.getByRole("button", { name: "Show all 4.9 KiB" }));
    expect(screen.getByRole("region").textContent).toHaveLength(5000);
  });

  it("is text and nothing else", () => {
    const { container } = render(<Value text={'<img src=x onerror="alert(1)">'} />);
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByText(/onerror/)).toBeVisible();
  });
});

describe("a field", () => {
  it("ties its input to its label, its hint and its problems", () => {
    render(
      <Field label="Name" hint="Lower case." issues={[{ code: "invalid", message: "is taken" }]}>
        <Input />
      </Field>,
    );
    const input = screen.getByRole("textbox", { name: "Name" });
    expect(input).toBeInvalid();
    expect(input).toHaveAccessibleDescription("Lower case. is taken");
  });

  it("is not invalid for a warning", () => {
    render(
      <Field label="Name" issues={[{ code: "missing_topic", message: "does not exist yet", warning: true }]}>
        <Input />
      </Field>,
    );
    expect(screen.getByRole("textbox", { name: "Name" })).toBeValid();
  });
});

describe("a search", () => {
  it("keeps what is typed faster than it is looked up, and follows the value once it is left", async () => {
    const asked: string[] = [];
    const search = (value: string) => <SearchField label="Search" placeholder="" value={value} onChange={(next) => asked.push(next)} />;
    const { rerender } = render(search(""));
    const input = screen.getByRole("searchbox", { name: "Search" });
    await userEvent.type(input, "ale");
    rerender(search("al"));
    await userEvent.type(input, "rts");
    expect(input).toHaveValue("alerts");
    expect(asked.at(-1)).toBe("alerts");
    await userEvent.tab();
    rerender(search(""));
    expect(input).toHaveValue("");
  });
});

describe("a question", () => {
  it("waits for the name to be typed, and stays open with the reason when it fails", async () => {
    const onConfirm = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error("somebody was faster")).mockResolvedValueOnce();
    const onClose = vi.fn();
    render(
      <Confirm title="Delete it?" action="Delete" typeToConfirm="orders" onConfirm={onConfirm} onClose={onClose}>
        <p>Really.</p>
      </Confirm>,
    );
    const dialog = within(screen.getByRole("dialog", { name: "Delete it?" }));
    const remove = dialog.getByRole("button", { name: "Delete" });
    expect(remove).toBeDisabled();
    await userEvent.type(dialog.getByRole("textbox"), "orders");
    await userEvent.click(remove);
    expect(await dialog.findByRole("alert")).toHaveTextContent("somebody was faster");
    expect(onClose).not.toHaveBeenCalled();
    await userEvent.click(remove);
    await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  });
});

describe("a difference", () => {
  it("shows what went and what came, near it and no further", () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const { container } = render(<Diff label="d" before={lines.join("\n")} after={lines.with(10, "other").join("\n")} />);
    expect(container.querySelector("del")).toHaveTextContent("- line 10");
    expect(container.querySelector("ins")).toHaveTextContent("+ other");
    expect(screen.queryByText("line 2")).toBeNull();
  });
});

describe("a record", () => {
  const record = { partition: 0, offset: 1, timestamp: "2026-01-01T00:00:00Z", key: null, headers: [], size: 3 };
  it.each([
    [{ ...record, tombstone: true }, /Tombstone/],
    [{ ...record, truncated: true, size: 2048 }, /Too large to show here \(2 KiB\)/],
    [{ ...record, value_base64: "AAE=" }, /AAE=/],
    [{ ...record, value: null }, /^null$/],
    [{ ...record, value: 1, key_base64: "/w==" }, /\/w== \(base64\)/],
  ])("is shown as what it is: %j", (shown, text) => {
    render(<RecordView record={shown} />);
    expect(screen.getByText(text)).toBeVisible();
  });
});

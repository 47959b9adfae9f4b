import { EditorView } from "@codemirror/view";
import { act, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import Editor from "./Editor";

describe("the editor", () => {
  it("tells what was typed, and not what it was given", () => {
    const typed: string[] = [];
    const editor = (value: string) => <Editor language="json" label="Value" value={value} onChange={(next) => typed.push(next)} />;
    const { rerender } = render(editor("1"));
    const box = screen.getByRole("textbox", { name: "Value" });
    rerender(editor("2"));
    expect(box).toHaveTextContent("2");
    expect(typed).toEqual([]);
    act(() => EditorView.findFromDOM(box)?.dispatch({ changes: { from: 1, insert: "3" } }));
    expect(typed).toEqual(["23"]);
  });
});

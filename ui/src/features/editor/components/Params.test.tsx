import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Params } from "./Params";

const schema = {
  type: "object",
  required: ["min"],
  properties: {
    min: { type: "number", title: "Least", description: "Inclusive." },
    unit: { enum: ["km", "miles"] },
    deep: { type: "boolean" },
    nets: { type: "array", items: { type: "string" } },
  },
};

function Form({ start = "", of = schema as unknown }) {
  const [value, setValue] = useState(start);
  return (
    <>
      <Params schema={of} value={value} onChange={setValue} issues={[]} />
      <output>{value.replace(/\s+/g, "")}</output>
    </>
  );
}

describe("parameters", () => {
  it("are a form when their schema is a flat object", async () => {
    render(<Form />);
    await userEvent.type(screen.getByRole("textbox", { name: "Least" }), "9007199254740993");
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "unit (optional)" }), "miles");
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "deep (optional)" }), "yes");
    await userEvent.type(screen.getByRole("textbox", { name: "nets (optional)" }), "us{enter}ak");
    expect(screen.getByRole("status")).toHaveTextContent('{"min":9007199254740993,"unit":"miles","deep":true,"nets":["us","ak"]}');
  });

  it("keep fields that the schema does not name", async () => {
    render(<Form start='{"other":[1],"min":1}' />);
    await userEvent.clear(screen.getByRole("textbox", { name: "Least" }));
    expect(screen.getByRole("status")).toHaveTextContent('{"other":[1]}');
  });

  it.each([
    ["a nested schema", { properties: { a: { type: "object" } } }, ""],
    ["no schema", null, ""],
    ["JSON that is no object", schema, "[1]"],
    ["half-typed JSON", schema, "{"],
  ])("are JSON with %s", async (_, of, start) => {
    render(<Form of={of} start={start} />);
    expect(screen.getByText("Parameters, as JSON")).toBeVisible();
    expect(await screen.findByRole("textbox", { name: "Parameters" })).toHaveTextContent(start || '{"min": 10}');
  });
});

import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { SchemaCheck } from "@/shared/api/types";
import { CheckResult } from "./CheckResult";

const found: SchemaCheck = {
  subject: "orders-value",
  version: 3,
  verdict: "breaks",
  registry: { compatible: true, level: "BACKWARD", messages: [] },
  differences: [],
  older: [
    { version: 2, registry: { compatible: false, messages: ["reader type mismatch"] }, differences: [{ path: "price", kind: "type", message: "was string and is double" }] },
    { version: 1, registry: { compatible: true, messages: [] }, differences: [], reason: "version 1 cannot be read" },
  ],
  older_left_out: 4,
  pipelines: [],
};

describe("the result of a check", () => {
  it("names the older version that the new one does not go with", () => {
    render(<CheckResult found={found} />);
    expect(screen.getByRole("alert")).toHaveTextContent("It does not go with every older version");
    const second = screen.getByRole("region", { name: "Compared with version 2" });
    expect(second).toHaveTextContent("the registry would refuse it");
    expect(second).toHaveTextContent("reader type mismatch");
    expect(within(second).getByRole("list", { name: "Differences to version 2" })).toHaveTextContent("price was string and is double");
    const first = screen.getByRole("region", { name: "Compared with version 1" });
    expect(first).toHaveTextContent("version 1 cannot be read");
    expect(first).not.toHaveTextContent("Events look the same.");
    expect(screen.getByRole("region", { name: "Compared with version 3" })).toHaveTextContent("Events look the same.");
    expect(screen.getByText("4 versions before those were not looked at.")).toBeVisible();
  });
});

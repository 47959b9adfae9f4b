import { describe, expect, test } from "vitest";
import { fits, useBrowser, violations } from "./browser";

const browser = useBrowser();

const paths = [
  ["/", "link", "quakes-clean"],
  ["/pipelines/quakes-clean", "heading", "Instances"],
  ["/pipelines/quakes-clean/try", "heading", "No events yet"],
  ["/pipelines/quakes-quality/dead-letters", "heading", "Dead letters by cause"],
  ["/pipelines/quakes-clean/history", "heading", "Revisions"],
  ["/pipelines/quakes-clean/config", "heading", "Stream config"],
  ["/pipelines/quakes-clean/edit", "heading", "Source"],
  ["/new", "heading", "Source"],
  ["/topics/quakes", "heading", "Records"],
  ["/schemas/quakes-value", "heading", "Used by"],
  ["/schemas/quakes-value/check", "heading", "The new version"],
  ["/transforms", "heading", "demo/quakes.ts"],
  ["/audit", "heading", "Audit"],
] as const;

describe.each([
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 320, colorScheme: "light" },
  { width: 320, colorScheme: "dark" },
] as const)("at $width pixels, $colorScheme", ({ width, colorScheme }) => {
  test.each(paths)("%s has no serious fault in accessibility and fits", async (path, role, name) => {
    const page = await browser.open(path, { viewport: { width, height: 800 }, colorScheme });
    await page.getByRole(role, { name, exact: true }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await fits(page);
  });
});

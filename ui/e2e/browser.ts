import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

const axeSource = createRequire(import.meta.url).resolve("axe-core");

/**
 * A browser for the tests of a file, and pages in it that fail the test when they log an error. What a failed test last saw
 * is kept as a picture in the folder INFLECT_SHOTS.
 */
export function useBrowser() {
  let browser: Browser;
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: installed(),
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterEach(async ({ task }) => {
    const shots = process.env.INFLECT_SHOTS;
    if (shots && task.result?.state === "fail") {
      const pages = browser.contexts().flatMap((context) => context.pages());
      await Promise.all(pages.map((page, i) => page.screenshot({ path: join(shots, `${task.id}-${i}.png`), fullPage: true })));
    }
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(() => browser.close());
  return {
    async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ baseURL: inject("url"), viewport: { width: 1440, height: 900 }, ...options });
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        // The browser itself reports every answer that is no success; the page shows those to its user.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text());
      });
      await page.goto(path);
      return page;
    },
  };
}

/** The browser that INFLECT_CHROMIUM names, or one on the PATH. */
function installed(): string {
  if (process.env.INFLECT_CHROMIUM) return process.env.INFLECT_CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const dir of (process.env.PATH ?? "").split(delimiter)) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch {
        // It is not there.
      }
    }
  }
  throw new Error("no browser: install one with apt-get install -y chromium, or name one with INFLECT_CHROMIUM");
}

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { target: string[]; failureSummary?: string }[] }[];
}

/** What axe finds on the page that is serious or critical, one line each. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated and not added as a script: the page's policy allows only its own.
  await page.evaluate(await readFile(axeSource, "utf8"));
  const result = await page.evaluate(() => (window as unknown as { axe: { run: () => Promise<AxeResult> } }).axe.run());
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`));
}

/** Whether anything sticks out to the right of the window. */
export const overflows = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

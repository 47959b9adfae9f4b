import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { patience } from "../dev/patience";

const axeSource = createRequire(import.meta.url).resolve("axe-core");

/**
 * A browser for the tests of a file, and pages in it that fail the test when they log an error. What a failed test last saw
 * is written out, and kept as a picture in the folder INFLECT_SHOTS.
 */
export function useBrowser() {
  let browser: Browser;
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: installed(),
      timeout: patience,
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
  });
  afterEach(async ({ task }) => {
    const shots = process.env.INFLECT_SHOTS;
    const pages = browser.contexts().flatMap((context) => context.pages());
    if (task.result?.state === "fail") {
      for (const [i, page] of pages.entries()) {
        console.error(`${task.name}: ${page.url()} showed last:\n${await page.locator("body").ariaSnapshot()}`);
        if (shots) await page.screenshot({ path: join(shots, `${task.id}-${i}.png`), fullPage: true });
      }
    }
    // A request that is being answered by the test itself must not fail it when its page goes.
    await Promise.all(pages.map((page) => page.unrouteAll({ behavior: "ignoreErrors" })));
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(() => browser.close());
  return {
    async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ baseURL: inject("url"), viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
      context.setDefaultTimeout(patience);
      await context.addInitScript(listen);
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

/** Keeps what the page announces, as a screen reader would read it out: some of it is gone after a moment. */
function listen() {
  const heard = new Set<string>();
  (window as unknown as { heard: Set<string> }).heard = heard;
  new MutationObserver(() => {
    for (const { textContent } of document.querySelectorAll("[role=status]")) heard.add(textContent);
  }).observe(document, { childList: true, characterData: true, subtree: true });
}

/** Waits until the page has announced such a text, shown still or not. */
export const announced = (page: Page, text: RegExp) =>
  expect.poll(() => page.evaluate(() => [...(window as unknown as { heard: Set<string> }).heard])).toContainEqual(expect.stringMatching(text));

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

/** Waits until nothing on the page is still on its way: what is loading has no place yet, and changes it when it comes. */
export const settled = (page: Page) => expect.poll(() => page.locator(".loading, .code-waiting, [aria-busy=true]").count()).toBe(0);

/** What axe finds on the page, once it has settled, that is serious or critical, one line each. */
export async function violations(page: Page): Promise<string[]> {
  await settled(page);
  // Evaluated and not added as a script: the page's policy allows only its own.
  await page.evaluate(await readFile(axeSource, "utf8"));
  const result = await page.evaluate(() => (window as unknown as { axe: { run: () => Promise<AxeResult> } }).axe.run());
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`));
}

/** Waits until nothing sticks out to the right of the window: what measures itself follows the window's width a moment later. */
export const fits = (page: Page) =>
  expect
    .poll(() => page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: document.documentElement.clientWidth })))
    .toSatisfy(({ content, window }: { content: number; window: number }) => content <= window);

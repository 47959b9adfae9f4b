import { describe, expect, test } from "vitest";
import { fits, useBrowser, violations } from "./browser";

const browser = useBrowser();
const path = "/pipelines/quakes-clean/scaling";

const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000).toISOString();
const figures = { lag: 40_939, threshold: 3000, min: 1, max: 6, partitions: 6 };
const changes = [
  { of: "replicas", from: 3, to: 6, cause: "lag", message: "40,939 records behind: one pod for each 3,000 wants 14; at most 6 are allowed", actor: "autoscaler" },
  { of: "max", from: 3, to: 6, cause: "partitions", message: "topic quakes has 6 partitions by now; scaling.max is 6" },
  { of: "partitions", from: 3, to: 6, cause: "growth", message: "37,109 records behind for 1m0s, and not getting fewer", actor: "inflect" },
  { of: "partitions", from: 3, to: 3, cause: "growth", message: "more than 3 partitions would help, but the topic was not grown", actor: "inflect" },
  { of: "replicas", from: 1, to: 3, cause: "lag", message: "9,214 records behind: one pod for each 3,000 wants 4; at most 3 are allowed", actor: "autoscaler" },
  { of: "replicas", from: 0, to: 1, cause: "start", message: "it was started", actor: "ann" },
].map((change, i) => ({ id: 100 - i, time: minutesAgo(2 + i * i), figures, ...change }));

/** What a server on Kubernetes answers, in two pages. */
const onKubernetes = (cursor: string | null) => ({
  ...figures,
  name: "quakes-clean",
  scales: true,
  replicas: 6,
  ready: 5,
  wanted: 14,
  rate: 812.5,
  growth: { max: 12, metadata_age: "5m0s" },
  instances: [
    { id: "inflect-quakes-clean-84d9764f67-6f82s", revision: 1, state: "running", ready: true, restarts: 0, node: "node-a", started: minutesAgo(90), partitions: [{ topic: "quakes", partition: 0, lag: 9000 }, { topic: "quakes", partition: 3, lag: 12 }] },
    { id: "inflect-quakes-clean-84d9764f67-x2x9c", revision: 0, state: "starting", ready: false, restarts: 2, reason: "0/3 nodes are available: insufficient memory", partitions: [] },
  ],
  history: cursor ? changes.slice(4) : changes.slice(0, 4),
  next: cursor ? undefined : "older",
});

const looks = [
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 320, colorScheme: "light" },
  { width: 320, colorScheme: "dark" },
] as const;

describe("how a pipeline is scaled", () => {
  test.each(looks)("on pods, at $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const page = await browser.open("/", { viewport: { width, height: 800 }, colorScheme });
    await page.route("**/api/v1/pipelines/*/scaling?*", (route) =>
      route.fulfill({ json: onKubernetes(new URL(route.request().url()).searchParams.get("cursor")) }),
    );
    await page.goto(path);
    await page.getByText("one instance for each 3,000").waitFor();
    await page.getByText("may grow to 12").waitFor();
    await page.getByText("0/3 nodes are available: insufficient memory").waitFor();
    await page.getByText("Instances 3 → 6").waitFor();
    await page.getByText("Partitions stay 3").waitFor();
    await page.getByRole("img", { name: /Number of instances since .*: 6/ }).waitFor();
    await page.getByRole("button", { name: "Show older ones" }).click();
    await page.getByText("Instances 0 → 1").waitFor();
    await page.getByRole("img", { name: /: 1, 3, 6$/ }).waitFor();
    expect(await violations(page)).toEqual([]);
    await fits(page);
    if (process.env.INFLECT_SHOTS) await page.screenshot({ path: `${process.env.INFLECT_SHOTS}/scaling-${width}-${colorScheme}.png`, fullPage: true });
  });

  test.each(looks)("on engines, where nothing scales, at $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const page = await browser.open(path, { viewport: { width, height: 800 }, colorScheme });
    await page.getByText("Nothing scales it right now").waitFor();
    await page.getByText(/nothing is scaled here, which takes Kubernetes/).waitFor();
    await page.getByRole("rowheader").first().waitFor();
    await page.getByText("Nothing yet").waitFor();
    expect(await violations(page)).toEqual([]);
    await fits(page);
    if (process.env.INFLECT_SHOTS) await page.screenshot({ path: `${process.env.INFLECT_SHOTS}/engines-${width}-${colorScheme}.png`, fullPage: true });
  });
});

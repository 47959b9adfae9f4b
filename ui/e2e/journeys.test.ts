import type { Page } from "playwright-core";
import { afterAll, describe, expect, inject, test } from "vitest";
import { announced, fits, useBrowser, violations } from "./browser";

const browser = useBrowser();
const name = `e2e-${Date.now().toString(36)}`;

const api = (path: string, init?: RequestInit) => fetch(new URL(path, inject("url")), init);

afterAll(async () => {
  await api(`/api/v1/pipelines/${name}`, { method: "DELETE", headers: { "If-Match": "*" } });
});

const row = (page: Page, pipeline: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name: pipeline, exact: true }) });

/** Chooses an option of a field whose list opens when it is pressed. */
async function choose(page: Page, field: string, option: RegExp) {
  const input = page.getByRole("combobox", { name: field }).first();
  await input.scrollIntoViewIfNeeded();
  await input.click();
  await page.getByRole("option", { name: option }).click();
}

/** Types into such a field and leaves it, by which the list closes. */
async function type(page: Page, field: string, text: string) {
  await page.getByRole("combobox", { name: field }).first().fill(text);
  await page.keyboard.press("Tab");
}

/** Begins at the end of a topic; each call gives the ids of what was written since the one before, however much that is. */
async function follow(topic: string) {
  const { partitions } = (await (await api(`/api/v1/topics/${topic}`)).json()) as { partitions: { partition: number; end_offset: number }[] };
  const next = new Map(partitions.map(({ partition, end_offset }) => [partition, end_offset]));
  return async () => {
    const ids: unknown[] = [];
    for (const [partition, offset] of next) {
      const answer = await api(`/api/v1/topics/${topic}/records?partition=${partition}&offset=${offset}&limit=500`);
      const { items } = (await answer.json()) as { items: { offset: number; value?: { id?: unknown } }[] };
      ids.push(...items.map(({ value }) => value?.id));
      next.set(partition, (items.at(-1)?.offset ?? offset - 1) + 1);
    }
    return ids;
  };
}

describe("the dashboard", () => {
  test("shows the demo's pipelines moving, without a reload", async () => {
    const page = await browser.open("/");
    const quakes = row(page, "quakes-clean");
    await quakes.getByText("running").waitFor();
    const read = quakes.getByRole("cell").nth(1);
    const before = await read.textContent();
    await expect.poll(() => read.textContent()).not.toBe(before);
  });

  test("narrows down by text and by state", async () => {
    const page = await browser.open("/");
    await row(page, "quakes-clean").waitFor();
    await page.getByRole("searchbox", { name: "Search pipelines" }).fill("alerts");
    await expect.poll(() => page.getByRole("row").count()).toBe(2);
    await page.getByRole("searchbox", { name: "Search pipelines" }).fill("no such thing");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await row(page, "quakes-clean").waitFor();
  });

  test("pauses and resumes a pipeline", async () => {
    const page = await browser.open("/");
    const alerts = row(page, "quakes-alerts");
    await page.getByRole("button", { name: "Pause quakes-alerts" }).click();
    await alerts.getByText("paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume quakes-alerts" }).click();
    await alerts.getByText("running", { exact: true }).waitFor();
  });

  test("says so when the server is away", async () => {
    const page = await browser.open("/");
    await row(page, "quakes-clean").waitFor();
    // Emulating no network leaves a stream open that is already there, so the page is loaded with its stream refused.
    await page.route("**/api/v1/events", (route) => route.abort());
    await page.reload();
    await page.getByText("Not connected.").waitFor();
    await page.unroute("**/api/v1/events");
    await page.getByText("Not connected.").waitFor({ state: "detached" });
  });
});

describe("a new pipeline", () => {
  test("is put together from dropdowns, tried, corrected by the error's line, and created", async () => {
    const page = await browser.open("/new");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await choose(page, "Source topic", /^earthquakes\b/);
    await choose(page, "Schema subject", /^earthquakes-value$/);

    await page.getByRole("button", { name: "Add a step" }).click();
    await choose(page, "Function", /onlyEarthquakes/);
    await expect.poll(() => page.getByLabel("Name", { exact: true }).nth(1).inputValue()).toBe("onlyEarthquakes");

    // Its doc comment says @filter.
    await expect.poll(() => page.getByLabel("Kind").first().inputValue()).toBe("filter");
    await page.getByRole("button", { name: "Add inline code" }).click();
    const code = page.getByRole("textbox", { name: "Code of step_2" });
    await code.fill("(event) => {\n  // nobody is there\n  return {place: event.nobody.there};\n}");

    await type(page, "Target topic", `${name}-out`);
    await page.getByLabel("Create the topic when the pipeline is saved").check();
    await type(page, "Dead-letter topic", `${name}-dlq`);
    await page.getByText("Create the topic when the pipeline is saved").nth(1).click();

    await page.getByRole("button", { name: "Take some from the topic" }).click();
    await page.getByRole("button", { name: "Add them" }).click();
    await page.getByRole("button", { name: /^Run/ }).click();
    const result = page.getByRole("region", { name: "What became of it" });
    await result.getByText("dead letter").waitFor();
    await result.getByText(/:3:\d+/).first().waitFor();
    expect(await violations(page)).toEqual([]);

    await code.fill("(event) => ({place: event.properties.place})");
    await page.getByRole("button", { name: /^Run/ }).click();
    await result.getByText("delivered").waitFor();
    await result.getByText(`${name}-out`).waitFor();

    await page.getByText("nothing in the way").waitFor();
    await page.getByRole("button", { name: "Create pipeline" }).click();
    await page.getByRole("heading", { level: 1, name: new RegExp(name) }).waitFor();
    await page.getByText("running", { exact: true }).first().waitFor();
  });

  test("keeps a list open, and at its field, when what the check finds moves the page", async () => {
    const page = await browser.open("/new", { viewport: { width: 320, height: 640 } });
    await page.getByLabel("Name", { exact: true }).fill(name);
    await type(page, "Source topic", "no-such-topic");
    await page.getByText(/there is no topic/).first().waitFor();
    // The check that finds it corrected answers when the list of a field further down is open.
    let answer = () => {};
    const opened = new Promise<void>((resolve) => (answer = resolve));
    let asked = 0;
    await page.route("**/api/v1/validate", async (route) => {
      asked++;
      await opened;
      await route.continue();
    });
    await type(page, "Source topic", "earthquakes");
    await expect.poll(() => asked).toBeGreaterThan(0);
    const input = page.getByRole("combobox", { name: "Target topic" });
    await input.evaluate((field) => field.scrollIntoView({ block: "center" }));
    await input.click();
    const list = page.getByRole("listbox");
    const below = () => Promise.all([input.boundingBox(), list.boundingBox()]).then(([field, open]) => field && open && Math.round(open.y - field.y - field.height));
    const distance = await below();
    const before = await page.evaluate(() => scrollY);
    answer();
    await expect.poll(() => page.evaluate(() => scrollY)).not.toBe(before);
    await page.getByText("checking…").waitFor({ state: "detached" });
    expect(await below()).toBe(distance);
    await page.keyboard.press("Tab");
    await list.waitFor({ state: "detached" });
  });

  test("says at the field what is wrong, and goes there from the list", async () => {
    const page = await browser.open("/new");
    await page.getByLabel("Name", { exact: true }).fill("Not A Label");
    await type(page, "Source topic", "no-such-topic");
    await type(page, "Target topic", "earthquakes");
    await expect.poll(() => page.getByLabel("Name", { exact: true }).getAttribute("aria-invalid")).toBe("true");
    // Topics are looked up once the rest is right.
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: /source\.topic.*no-such-topic/ }).click();
    await expect.poll(() => page.getByRole("combobox", { name: "Source topic" }).evaluate((input) => input === document.activeElement)).toBe(true);
  });
});

describe("a pipeline that is edited", () => {
  test("is saved over the revision it was made from, and loses nothing when somebody else was first", async () => {
    const page = await browser.open(`/pipelines/${name}/edit`);
    await page.getByLabel("Description").fill("mine");
    const other = await api(`/api/v1/pipelines/${name}`);
    const { revision: _r, created_at: _c, updated_at: _u, updated_by: _b, ...theirs } = (await other.json()) as Record<string, unknown>;
    const put = await api(`/api/v1/pipelines/${name}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "If-Match": other.headers.get("ETag") ?? "" },
      body: JSON.stringify({ ...theirs, owner: "theirs" }),
    });
    expect(put.status).toBe(200);

    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: /was saved meanwhile/ }).waitFor();
    await page.getByRole("button", { name: "Bring both together" }).click();
    await expect.poll(() => page.getByLabel("Owner").inputValue()).toBe("theirs");
    expect(await page.getByLabel("Description").inputValue()).toBe("mine");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await announced(page, /was saved as revision/);
  });

  test("has its steps moved by keyboard", async () => {
    const page = await browser.open(`/pipelines/${name}/edit`);
    await page.getByRole("button", { name: "Move step_2 up" }).focus();
    await page.keyboard.press("Enter");
    await announced(page, /step_2 is now step 1 of 2/);
    // At the top only the way down is left, and the focus is there.
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Move step_2 down");
  });

  test("shows its history, its config and goes back", async () => {
    const page = await browser.open(`/pipelines/${name}/history`);
    await page.getByRole("button", { name: "Roll back to revision 1" }).click();
    await page.getByRole("button", { name: "Roll back", exact: true }).click();
    await announced(page, /Revision 1 is now revision \d+/);
    await page.getByRole("link", { name: "Config" }).click();
    await page.getByText("inflect_kafka").first().waitFor();
  });

  test("is deleted after its name was typed", async () => {
    const page = await browser.open(`/pipelines/${name}/edit`);
    await page.getByRole("button", { name: "Delete…" }).click();
    const remove = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    expect(await remove.isDisabled()).toBe(true);
    await page.getByLabel(/Type .* to confirm/).fill(name);
    await remove.click();
    await announced(page, new RegExp(`${name} was deleted`));
    await row(page, "quakes-clean").waitFor();
    await expect.poll(() => row(page, name).count()).toBe(0);
  });
});

describe("dead letters of the demo", () => {
  test("are grouped by cause and show their records", async () => {
    const page = await browser.open("/pipelines/quakes-quality/dead-letters");
    await page.getByText("looked at").waitFor();
    await page.getByText(/newest records?$/).first().click();
    await page.getByRole("region", { name: "Value" }).first().waitFor();
    await page.getByRole("button", { name: "Replay this one" }).first().waitFor();
  });

  test("are mended one at a time and sent straight through the pipeline", async () => {
    const written = await follow("quake-quality");
    const found = await (await api("/api/v1/pipelines/quakes-quality/dead-letters?records=20")).json();
    const { groups } = found as { groups: { code: string; records: { record: { value: { id: string; properties: { mag: number; rms: number } } }; replayed: boolean }[] }[] };
    const { value } = (groups[0]?.records.find(({ replayed }) => !replayed) ?? expect.unreachable()).record;
    const page = await browser.open("/pipelines/quakes-quality/dead-letters");
    await page.getByText(/newest records?$/).first().click();
    await page.getByRole("button", { name: "Edit and replay" }).first().click();
    const dialog = page.getByRole("dialog");
    const text = dialog.getByRole("textbox", { name: "Value" });
    await text.fill("{");
    await dialog.getByText(/This is not JSON/).waitFor();
    const replay = dialog.getByRole("button", { name: "Replay 1" });
    expect(await replay.isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await text.fill(JSON.stringify({ ...value, id: name, properties: { ...value.properties, mag: 1.25, rms: 0.5 } }));
    await dialog.getByLabel("Where to").selectOption("pipeline");
    await replay.click();
    await announced(page, /\b1 replayed/);
    await expect.poll(written).toContain(name);
  });
});

describe("the catalog", () => {
  test("shows a topic's records with their bytes", async () => {
    const page = await browser.open("/topics");
    await page.getByRole("link", { name: "earthquakes", exact: true }).click();
    await page.locator("summary").filter({ hasText: "Feature" }).first().click();
    await page.getByText('"type": "Feature"').first().waitFor();
  });

  test("shows a schema, a transform with its source, and the audit log", async () => {
    const page = await browser.open("/schemas");
    await page.getByRole("link", { name: "quakes-value", exact: true }).click();
    await page.getByRole("heading", { name: /^Version/ }).waitFor();
    await page.getByRole("link", { name: "Transforms" }).click();
    await page.getByRole("link", { name: "onlyEarthquakes" }).click();
    await page.getByRole("textbox", { name: /^Source of/ }).waitFor();
    await page.getByRole("link", { name: "Audit" }).click();
    await page.locator("summary").filter({ hasText: "quakes-clean" }).first().waitFor();
  });
});

describe("a server that asks for a token", () => {
  test("is entered with one it knows, and left by signing out", async () => {
    const page = await browser.open("/favicon.svg");
    await page.route("**/api/v1/**", async (route) => {
      const known = (await route.request().headerValue("authorization")) === "Bearer right";
      if (!known) return route.fulfill({ status: 401, contentType: "application/problem+json", body: '{"code":"unauthenticated","detail":"Give a token."}' });
      if (route.request().url().endsWith("/session")) return route.fulfill({ json: { actor: "ana", role: "viewer", authentication: "token" } });
      // The real server asks for none, and knows none.
      const { authorization: _, ...headers } = await route.request().allHeaders();
      return route.continue({ headers });
    });
    await page.goto("/");
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Token").fill("right");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("ana (viewer)").waitFor();
    // A viewer is not offered what the server would refuse.
    await row(page, "quakes-clean").waitFor();
    expect(await page.getByRole("button", { name: "Pause quakes-clean" }).isDisabled()).toBe(true);
    expect(await page.getByRole("link", { name: "New pipeline" }).count()).toBe(0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
  });
});

describe("the fit of a pipeline", () => {
  test("is told by generated events, which go on the bench", async () => {
    const page = await browser.open("/pipelines/quakes-quality/try");
    await page.getByRole("button", { name: "Check the fit" }).click();
    await page.getByText(/^\d+ events:$/).waitFor();
    await page.getByRole("button", { name: "Put such an event on the bench" }).first().click();
    await page.getByRole("button", { name: /^Run/ }).click();
    await page.getByRole("region", { name: "What became of it" }).getByText("dead letter").waitFor();
  });
});

describe("a new version of a schema", () => {
  test("is checked on the pipelines that use the subject, and not registered", async () => {
    const page = await browser.open("/schemas/quakes-value");
    await page.getByRole("link", { name: "Check a new version" }).click();
    const text = page.getByRole("textbox", { name: "Text of the new version" });
    await text.waitFor();
    const check = page.getByRole("button", { name: "Check", exact: true });
    await check.click();
    await page.getByText("Every pipeline goes on").waitFor();
    await page.getByText("Events look the same.").waitFor();

    const registered = ((await (await api("/api/v1/schemas/quakes-value")).json()) as { latest: { schema: string } }).latest.schema;
    const stricter = JSON.parse(registered) as { properties: Record<string, unknown>; required: string[] };
    stricter.properties.depth_km = { type: "string" };
    await page.getByLabel("Or take it from a file").setInputFiles({
      name: "quakes.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(stricter)),
    });
    await page.getByText("Every pipeline goes on").waitFor({ state: "detached" });
    await check.click();
    await page.getByRole("alert").getByText("It breaks 3 pipelines").waitFor();
    await page.getByText("depth_km was number and is string").waitFor();
    const pipelines = page.getByRole("region", { name: "Pipelines" });
    await pipelines.getByRole("link", { name: "quakes-clean" }).waitFor();
    await pipelines.getByText("Such an event").first().click();
    await pipelines.getByRole("region", { name: "Such an event" }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 800 });
    await fits(page);

    await page.getByLabel("References").fill("nonsense");
    await expect.poll(() => check.isDisabled()).toBe(true);
    const { versions } = (await (await api("/api/v1/schemas/quakes-value")).json()) as { versions: number[] };
    expect(versions).toEqual([1]);
  });
});

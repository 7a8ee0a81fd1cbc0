import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { startTestApi, type TestApi } from "../support/admin/test-api.ts";
import { violations } from "../support/browser/accessibility.ts";
import { openBrowser, type View, WatchedPage } from "../support/browser/browser.ts";
import { builtPages } from "../support/browser/built-pages.ts";

/** Every page of the interface in Chromium, on the real API over arrays. */

const pages: Readonly<Record<string, { readonly path: string; readonly shows: string }>> = {
  handlers: { path: "/handlers", shows: "Credit guard" },
  "a handler": { path: "/handlers/switch-trunks", shows: "Calls and latency" },
  "its calls": { path: "/handlers/switch-trunks?tab=calls", shows: "delivered" },
  "its test call": { path: "/handlers/switch-trunks?tab=test", shows: "Call it" },
  "its history": { path: "/handlers/switch-trunks?tab=history", shows: "The first version" },
  "the form of a new one": { path: "/handlers/_new", shows: "What you type is checked here" },
  "the form of a handler": { path: "/handlers/credit-guard/edit", shows: "340 of 1100 ms" },
  "its YAML": { path: "/handlers/credit-guard/edit?tab=yaml", shows: "Definition" },
  events: { path: "/events", shows: "importd.process_failed" },
  "an event": { path: "/events/clients.update", shows: "Sample payload" },
  "the execution log": { path: "/executions", shows: "no answer within 300 ms" },
  "a call": { path: "/executions?open=execution-0", shows: "Came back" },
  decisions: { path: "/executions?tab=decisions", shows: "credit too high" },
  "a decision": { path: "/executions?tab=decisions&open=decision-0", shows: "Timing" },
  "dead letters": { path: "/dead-letters", shows: "no such trunk" },
  "a dead letter": { path: "/dead-letters?open=0/0", shows: "Attempts" },
  flow: { path: "/flow", shows: "Parked clients" },
  settings: { path: "/settings", shows: "Bypass of before handlers" },
  "the audit log": { path: "/settings?tab=audit", shows: "Kept for 90 days" },
  "a handler that never was": { path: "/handlers/new", shows: "There is no such handler, and never was" },
  "an address no handler can have": { path: "/handlers/_nobody", shows: "There is no such handler" },
  "an address of nothing": { path: "/nowhere/at.all", shows: "There is no such page" },
};

describe("the web interface", () => {
  let api: TestApi;
  let browser: Browser;
  before(async () => {
    api = await startTestApi({ pages: await builtPages() });
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
    await api.close();
  });
  const open = (view: View = {}): Promise<WatchedPage> =>
    WatchedPage.open(browser, api.url, { token: api.operator, ...view });

  for (const view of [
    { theme: "light", width: 1280 },
    { theme: "dark", width: 1280 },
    { theme: "light", width: 390 },
    { theme: "dark", width: 390 },
  ] as const) {
    test(`is without violations of accessibility and policy, ${view.theme}, ${view.width} wide`, async () => {
      await using watched = await open(view);
      const { page } = watched;
      for (const [name, { path, shows }] of Object.entries(pages)) {
        await page.goto(path);
        await page.locator("main, dialog").getByText(shows, { exact: false }).first().waitFor();
        await page.getByRole("status").filter({ hasText: "Live" }).first().waitFor();
        assert.deepEqual(await violations(page), [], name);
        const sideways = await page.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        assert.ok(sideways <= 0, `${name} scrolls sideways by ${sideways} px`);
        assert.deepEqual(watched.takeComplaints(/status of 40[04]/), [], name);
      }
    });
  }

  test("asks for a token, keeps it in the tab, and says why one is refused", async () => {
    await using watched = await WatchedPage.open(browser, api.url);
    const { page } = watched;
    await page.goto("/handlers");
    await page.getByLabel("Access token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("p.problem").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByLabel("Access token").fill(api.operator);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "New handler" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "New handler" }).waitFor();
    assert.deepEqual(watched.takeComplaints(/status of 401/), []);
  });

  test("shows a viewer nothing that would write", async () => {
    await using watched = await open({ token: api.viewer });
    const { page } = watched;
    await page.goto("/handlers");
    await page.getByRole("link", { name: "Credit guard" }).waitFor();
    assert.equal(await page.getByRole("switch").count(), 0);
    assert.equal(await page.getByRole("link", { name: "New handler" }).count(), 0);
    for (const path of ["/handlers/credit-guard", "/dead-letters", "/settings", "/flow"]) {
      await page.goto(path);
      await page.locator(".card, .table-box").first().waitFor();
      const words = /replay|pause|bypass before|edit|disable|archive/i;
      assert.equal(await page.getByRole("main").getByRole("button", { name: words }).count(), 0, path);
    }
    assert.deepEqual(watched.takeComplaints(), []);
  });

  test("takes a switch back, with a message, when somebody else was faster", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.route("**/api/live*", (route) => route.abort());
    await page.goto("/handlers");
    const toggle = page.getByRole("switch", { name: "switch-trunks enabled" });
    await toggle.waitFor();
    const { revision } = api.ports.handlers.all().handlers.get("switch-trunks") ?? { revision: 0 };
    // Another writer, whom this page cannot hear of.
    await page.route("**/api/handlers?*", (route) => route.abort());
    await api.ask("/api/handlers/switch-trunks/status", {
      method: "POST",
      headers: { "if-match": `"${revision}"` },
      body: { status: "enabled" },
    });
    await toggle.click();
    await page.getByText("switch-trunks stays enabled").waitFor();
    assert.equal(await toggle.getAttribute("aria-checked"), "true");
  });

  test("shows the difference when somebody else saved the handler that is being edited", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/handlers/credit-guard/edit");
    await page.getByLabel("Priority", { exact: true }).fill("33");
    const found = api.ports.handlers.all().handlers.get("credit-guard");
    await api.ask("/api/handlers/credit-guard", {
      method: "PUT",
      headers: { "if-match": `"${found?.revision ?? 0}"` },
      body: { definition: { ...found?.definition, timeoutMs: 444 } },
    });
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog", { name: "Somebody else saved this handler" });
    await dialog.getByText("444").first().waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole("button", { name: "Take theirs" }).click();
    assert.equal(await page.getByLabel("Timeout, ms").inputValue(), "444");
  });

  test("shows what is kept of a handler that was deleted, and the way back", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/handlers/old-crm");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("old-crm is deleted").waitFor();
    await page.goto("/handlers/old-crm");
    await page.getByText("It was deleted.").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Roll back to this" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("link", { name: "Edit", exact: true }).waitFor();
  });

  test("says what enabling from now on passes over, and does it", async () => {
    await using watched = await open();
    const { page } = watched;
    const definition = () => api.ports.handlers.all().handlers.get("old-crm")?.definition;
    await page.goto("/handlers/old-crm");
    await page.getByRole("button", { name: "Enable" }).click();
    const dialog = page.getByRole("dialog", { name: "Enable old-crm?" });
    await dialog.getByText("3 events wait for its group").waitFor();
    await dialog.getByRole("radio", { name: /From now on/ }).check();
    await dialog.getByText("It never gets what was recorded until now").waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole("button", { name: "Enable from now on" }).click();
    await page.getByText("old-crm is enabled, from now on").waitFor();
    assert.match(String(definition()?.["since"]), /^\d{4}-.+Z$/);
  });

  test("calls a handler with what was recorded, as it was or edited", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/executions?open=execution-1");
    await page.getByRole("link", { name: "call it with this data" }).click();
    const text = page.getByLabel("Data sent");
    await text.waitFor();
    assert.match(await text.inputValue(), /as recorded/);
    await page.getByRole("button", { name: "Call it" }).click();
    const request = page.getByRole("region", { name: "Request" });
    await request.getByText('"execution": "execution-1"').waitFor();
    assert.deepEqual(await violations(page), []);
    await text.fill('{"id":13}');
    await page.getByRole("button", { name: "Call it" }).click();
    await request.getByText('"id": 13').waitFor();
    assert.doesNotMatch((await request.textContent()) ?? "", /execution/);
    // Reloaded it is the same place, with the recorded data.
    await page.reload();
    await text.waitFor();
    assert.match(await text.inputValue(), /as recorded/);
  });

  test("finds audit entries by who, in an address that can be sent", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/settings?tab=audit");
    await api.ask("/api/switches/log-level", { method: "PUT", token: api.viewer, body: { level: "debug" } });
    await page.getByRole("button", { name: "Read again" }).click();
    await page.getByRole("row", { name: /vera/ }).first().waitFor();
    await page.getByLabel("Who", { exact: true }).fill("olga");
    await page.getByRole("row", { name: /vera/ }).first().waitFor({ state: "detached" });
    assert.match(page.url(), /tab=audit&by=olga/);
    await page.getByLabel("Who", { exact: true }).fill("nobody");
    await page.getByText("No entry fits these filters").waitFor();
  });

  test("shows why a letter died, whole, where there is room", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/dead-letters");
    await page.locator(".said").first().waitFor();
    const hidden = await page.evaluate<number>(
      "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.said'))",
    );
    assert.equal(hidden, 0);
  });

  test("asks before what was typed is lost by the back button", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/handlers");
    await page.getByRole("link", { name: "New handler" }).click();
    await page.getByLabel("Name", { exact: true }).fill("half a handler");
    await page.getByText("It can be saved.").waitFor();
    page.once("dialog", (dialog) => void dialog.dismiss());
    await page.goBack();
    await page.getByRole("heading", { name: "New handler" }).waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "half a handler");
    assert.match(page.url(), /_new$/);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.goBack();
    await page.getByRole("heading", { name: "Handlers" }).waitFor();
  });

  test("does not create a handler of a taken id, nor save another YAML than what stands there", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/handlers/_new");
    await page.getByLabel("Name", { exact: true }).fill("Mine");
    await page.getByLabel("ID", { exact: true }).fill("credit-guard");
    await page.locator(".field.invalid").getByText("there is a handler credit-guard already").waitFor();
    const create = page.getByRole("button", { name: "Create" });
    assert.equal(await create.isDisabled(), true);
    await page.getByLabel("ID", { exact: true }).fill("mine");
    await page.getByText("It can be saved.").waitFor();
    await page.getByRole("link", { name: "YAML" }).click();
    await page.getByLabel("Definition").fill("id: [1");
    await page.getByText("the YAML cannot be read").waitFor();
    assert.equal(await create.isDisabled(), true);
    await page.getByRole("link", { name: "Form", exact: true }).click();
    await page.getByText("It can be saved.").waitFor();
    assert.equal(await page.getByLabel("ID", { exact: true }).inputValue(), "mine");
  });

  test("holds no connection while nobody sees it, and then reads what it missed", async () => {
    await using watched = await open();
    const { page } = watched;
    const show = (isHidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { value: ${String(isHidden)}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await page.goto("/executions");
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/api/live"));
    await show(true);
    await ended;
    const read = page.waitForRequest((request) => request.url().includes("/api/executions"));
    await show(false);
    await read;
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    assert.ok((await page.getByRole("table", { name: "Calls" }).getByRole("row").count()) > 10);
    assert.deepEqual(watched.takeComplaints(), []);
  });

  test("shows on every page that before handlers are bypassed, and for how long", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/settings");
    await page.getByRole("button", { name: "Bypass before handlers" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why").fill("an outage");
    assert.deepEqual(await violations(page), []);
    await dialog.getByRole("button", { name: "Bypass them" }).click();
    for (const path of ["/handlers", "/events/clients.update", "/flow"]) {
      await page.goto(path);
      await page.getByText("Before handlers are bypassed").waitFor();
      await page.getByText(/^1[45]:\d\d$/).waitFor();
    }
    await page.goto("/settings");
    await page.getByRole("button", { name: "End the bypass now" }).click();
    await page.getByText("Before handlers are bypassed").waitFor({ state: "detached" });
    assert.deepEqual(watched.takeComplaints(), []);
  });

  test("is usable by keyboard alone: skip link, search, switch", async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto("/handlers");
    await page.getByRole("link", { name: "Credit guard" }).waitFor();
    await page.keyboard.press("Tab");
    await page.locator("a.skip:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("softswitch");
    await page.getByRole("link", { name: "Credit guard" }).waitFor({ state: "detached" });
    await page.getByRole("switch").focus();
    await page.keyboard.press("Space");
    await page.getByText("switch-trunks is disabled").waitFor();
    assert.equal(api.ports.handlers.all().handlers.get("switch-trunks")?.definition["status"], "disabled");
  });

  test("comes with at most 120 KB of script", async () => {
    await using watched = await open();
    const { page } = watched;
    let bytes = 0;
    page.on("response", (response) => {
      if (response.url().endsWith(".js"))
        void response.body().then(
          (body) => (bytes += gzipSync(body).length),
          () => undefined,
        );
    });
    await page.goto("/handlers");
    await page.getByRole("link", { name: "Credit guard" }).waitFor();
    await page.waitForLoadState("load");
    assert.ok(bytes > 10_000 && bytes < 120_000, `${bytes} bytes`);
  });
});

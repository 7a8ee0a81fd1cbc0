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
        assert.deepEqual(watched.takeComplaints(), [], name);
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

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { makeToken, tokenHash } from "../../src/admin/identity/tokens.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { openBrowser, WatchedPage } from "../support/browser/browser.ts";
import { builtPages } from "../support/browser/built-pages.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { answer, Sink } from "../support/sink.ts";

/** From an empty system, in the browser alone: real broker, real bridge, a real handler. */
test("an operator's day: create, deliver, break, see what waits, disable, fix, replay, roll back", async (t) => {
  const cleanUp: (() => unknown)[] = [];
  t.after(async () => {
    for (const step of cleanUp.reverse()) await step();
  });
  await builtPages();
  const topics = await FreshTopics.open();
  cleanUp.push(() => topics.close());
  const sink = await Sink.open();
  cleanUp.push(() => sink.close());
  const token = makeToken();
  const folder = mkdtempSync(join(tmpdir(), "operators-day-"));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  const tokensFile = join(folder, "tokens.yaml");
  writeFileSync(tokensFile, JSON.stringify({ tokens: [{ name: "olga", role: "operator", hash: tokenHash(token) }] }));
  const bridge = await BridgeProcess.ready({
    env: { ...topics.env, ADMIN_PORT: "0", ADMIN_TOKENS_FILE: tokensFile },
  });
  cleanUp.push(() => bridge.kill());
  const { port } = await bridge.line("the interface listens", ({ msg }) => msg === "admin interface listening");
  const core = await topics.core({ onSilence: "allow" });
  const happened = (name: string) => core.publish({ id: "clients.update", data: { id: 12, name } });

  const browser = await openBrowser();
  cleanUp.push(() => browser.close());
  const address = `http://127.0.0.1:${String(port)}`;
  await using watched = await WatchedPage.open(browser, address, { token });
  const { page } = watched;
  const go = (section: string) =>
    page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: section }).click();
  const tab = (name: string) => page.getByRole("link", { name, exact: true }).click();

  // An empty system says what to do.
  await page.goto("/");
  await page.getByText("There are no handlers yet").waitFor();
  await page.getByRole("link", { name: "Create the first one" }).click();

  // The form: what is missing is said at its place, a test call shows what the handler answers.
  await page.getByLabel("ID", { exact: true }).fill("crm");
  await page.getByLabel("Name", { exact: true }).fill("Customer records");
  await page.getByText(/problems? to solve/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Create" }).isDisabled(), true);
  await page.getByLabel("Search events").fill("client updated");
  await page.getByRole("checkbox", { name: "clients.update" }).check();
  await page.getByLabel("Address").fill("http://169.254.169.254/");
  await page.locator(".field.invalid").getByText("always refused").waitFor();
  await page.getByLabel("Address").fill(sink.url("/crm"));
  await page.getByLabel("Waits before attempts").fill("0, 200, 500");
  await page.getByText("It can be saved.").waitFor();
  sink.on("/crm", () => answer({ seen: "by a test call" }));
  await tab("Test call");
  await page.getByRole("button", { name: "Call it" }).click();
  await page.getByText("by a test call").waitFor();
  await page.getByLabel("Note for the history").fill("our first handler");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Customer records" }).waitFor();

  // Its first delivery appears by itself.
  const calls = sink.at("/crm").length;
  sink.on("/crm", () => answer({ stored: true }));
  await groupRuns(page, go);
  await openHandler(page, go);
  await tab("Calls");
  await happened("first");
  await row(page, "delivered").first().waitFor();
  assert.equal(sink.at("/crm").length, calls + 1);

  // It breaks: the failures and what waits behind them are seen.
  sink.on("/crm", () => ({ status: 500, text: "the database is full" }));
  await happened("second");
  await happened("third");
  await row(page, "status").first().waitFor();
  await row(page, "status")
    .first()
    .getByRole("link", { name: /details/ })
    .click();
  const call = page.getByRole("dialog", { name: "Call" });
  await call.getByText("the database is full").first().waitFor();
  await call.getByText("second").first().waitFor();
  await call.getByRole("button", { name: "Close" }).click();
  await go("Handlers");
  await page
    .getByRole("row", { name: /Customer records/ })
    .getByTitle(/^2, oldest/)
    .waitFor();

  // Switched off, nothing is tried any more; meanwhile the handler learns to refuse one of them.
  await page.getByRole("switch", { name: "crm enabled" }).click();
  await page.getByText("crm is disabled").waitFor();
  sink.on("/crm", ({ body }) =>
    body.data["name"] === "second" ? { status: 422, text: "no such client" } : answer({ stored: true }),
  );
  await openHandler(page, go);
  await page.getByRole("button", { name: "Enable" }).click();
  await page
    .getByRole("dialog")
    .getByRole("radio", { name: /Where it left off/ })
    .check();
  await using another = await WatchedPage.open(browser, address, { token });
  await another.page.goto("/dead-letters");
  await another.page.getByText("No dead letters").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Enable" }).click();

  // One is dead, which another tab says by itself; the one behind it is delivered.
  await another.page.getByText("1 new dead letter").waitFor();
  await another.page.getByRole("button", { name: "Show", exact: true }).click();
  await another.page.getByRole("row", { name: /clients\.update/ }).waitFor();
  assert.deepEqual(another.takeComplaints(), []);
  await tab("Calls");
  await row(page, "delivered").nth(1).waitFor();
  await go("Dead letters");
  const letter = page.getByRole("row", { name: /clients\.update/ }).first();
  await letter.waitFor();
  await letter.getByText("422").first().waitFor();

  // Fixed, and replayed in spite of the newer event that it warns of.
  sink.on("/crm", () => answer({ stored: true }));
  await letter.getByRole("button", { name: "Replay" }).click();
  const replay = page.getByRole("dialog", { name: "Replay 1 dead letter" });
  await replay.getByText("Newer events were delivered meanwhile").waitFor();
  await replay.getByRole("checkbox", { name: /Replay all the same/ }).check();
  await replay.getByRole("button", { name: "Replay 1 letter" }).click();
  await replay.getByText("1 of 1 handed over, 1 delivered").waitFor();
  await replay.getByRole("button", { name: "Close" }).last().click();
  assert.equal(sink.at("/crm").at(-1)?.body.data["name"], "second");

  // A change, and back.
  await openHandler(page, go);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("Customer recrods");
  await page.getByLabel("Note for the history").fill("a slip");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Customer recrods" }).waitFor();
  await tab("History");
  await page.getByText("a slip").waitFor();
  await page.getByRole("button", { name: "Roll back to this" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("heading", { name: "Customer records" }).waitFor();
  await go("Settings");
  await tab("Audit log");
  await page
    .getByRole("row", { name: /rollback/ })
    .getByText("olga")
    .waitFor();
  assert.deepEqual(watched.takeComplaints(), []);
});

function row(page: Page, outcome: string) {
  return page.getByRole("row").filter({ has: page.getByText(outcome, { exact: true }) });
}

async function openHandler(page: Page, go: (section: string) => Promise<void>): Promise<void> {
  await go("Handlers");
  await page.getByRole("link", { name: "Customer records" }).click();
  await page.getByRole("heading", { name: "Customer records" }).waitFor();
}

/** A handler's group takes what happens from when it has its first position. */
async function groupRuns(page: Page, go: (section: string) => Promise<void>): Promise<void> {
  await go("Flow");
  await page.getByRole("table", { name: "Groups" }).getByText("stable").waitFor();
}

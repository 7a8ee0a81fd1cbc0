import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeToken, tokenHash } from "../../src/admin/identity/tokens.ts";
import { systemClock } from "../../src/model/clock.ts";
import { startTestApi } from "../support/admin/test-api.ts";
import { startAdminProcess } from "../support/admin-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { fuzz } from "../support/schemathesis.ts";

/** The API is asked whatever its own document allows, and much that it does not. `.ci/run` prepares schemathesis. */

const program = process.env["SCHEMATHESIS"] ?? "";
/** It never ends by itself: other tests read it. */
const endless = "live";

test("the document that a fuzzer starts from is served, whole and without a token", async (context) => {
  const api = await startTestApi();
  context.after(() => api.close());
  const { status, json } = await api.ask("/openapi.json", { token: null });
  assert.equal(status, 200);
  assert.equal(json["openapi"], "3.1.0");
  assert.ok(JSON.stringify(json).includes(`"operationId":"${endless}"`));
});

if (program !== "") {
  test("the API over arrays meets no request that it answers with 5xx, or otherwise than its document says", async (context) => {
    // A try a minute, as far as the limit on failed logins is concerned: the fuzzer leaves tokens out now and then.
    let tries = 0;
    const clock = { ...systemClock, monotonicMs: () => performance.now() + tries++ * 61_000 };
    const api = await startTestApi({ clock });
    context.after(() => api.close());
    await pass({ url: api.url, token: api.operator, without: [endless], wrongTokens: true, seconds: 60 });
  });

  test("so does the admin interface as it runs, over a real broker", async (context) => {
    const { url, token } = await realApi(context);
    // Test calls go where the definition says: a fuzzer must not choose that.
    await pass({ url, token, without: [endless, "testHandler"], wrongTokens: false, seconds: 60 });
  });
}

async function pass(options: Parameters<typeof fuzz>[1]): Promise<void> {
  const { code, text } = await fuzz(program, options);
  assert.equal(code, 0, text.slice(-12_000));
}

async function realApi(context: TestContext): Promise<{ readonly url: string; readonly token: string }> {
  const folder = mkdtempSync(join(tmpdir(), "admin-fuzz-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const topics = await FreshTopics.open({ partitions: 1 });
  context.after(() => topics.close());
  const token = makeToken();
  const file = join(folder, "tokens.yaml");
  writeFileSync(file, JSON.stringify({ tokens: [{ name: "fuzzer", role: "operator", hash: tokenHash(token) }] }));
  const admin = await startAdminProcess({ ...topics.env, ADMIN_TOKENS_FILE: file });
  context.after(() => admin.stop());
  const headers = { authorization: `Bearer ${token}` };
  await eventually(
    "the log of handlers is read",
    async () => (await fetch(`${admin.url}/api/handlers`, { headers })).ok,
  );
  return { url: admin.url, token };
}

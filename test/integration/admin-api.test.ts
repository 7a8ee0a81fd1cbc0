import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type AdminProcess, startAdminProcess } from "../support/admin-process.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Sink, type SinkReply } from "../support/sink.ts";

/** The admin interface as operators run it: a process of its own, beside a bridge that delivers. */

const folder = mkdtempSync(join(tmpdir(), "admin-api-"));
const undo: (() => unknown)[] = [];
let topics: FreshTopics;
let admin: AdminProcess;
let token: string;
let crm: SinkReply = { status: 400 };

before(async () => {
  undo.push(() => rmSync(folder, { recursive: true }));
  topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const made = await cli(["admin", "token", "--name", "olga", "--role", "operator"], {});
  assert.equal(made.code, 0, made.stderr);
  token = made.stdout.trim();
  assert.ok(!made.stderr.includes(token), "the token goes to standard output alone");
  const line = made.stderr.split("\n").find((one) => one.trim().startsWith("- {"));
  writeFileSync(join(folder, "tokens.yaml"), `tokens:\n${line ?? ""}\n`);
  admin = await startAdminProcess({ ...topics.env, ADMIN_TOKENS_FILE: join(folder, "tokens.yaml") });
  undo.push(() => admin.stop());
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

async function ask(
  path: string,
  method = "GET",
  body?: unknown,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const response = await fetch(`${admin.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

test("the examples of docs/admin-api.md work as they stand there", async () => {
  await eventually("the log of handlers is read", async () => (await ask("/api/handlers")).status === 200);
  const text = readFileSync(join(import.meta.dirname, "../../docs/admin-api.md"), "utf8");
  const [, section = ""] = /^## Examples\n(.*?)^## /ms.exec(text) ?? [];
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  assert.ok(blocks.length >= 6);
  for (const block of blocks) {
    const script = `set -euo pipefail\ncurl() { command curl -fsS "$@"; }\n${block}`;
    const env = { PATH: process.env["PATH"], TOKEN: token, ADMIN: admin.url };
    await promisify(execFile)("bash", ["-c", script], { env, timeout: 30_000 }).catch((error: unknown) => {
      throw new Error(`${block}\n${String((error as { stderr?: string }).stderr)}`, { cause: error });
    });
  }
  const { json } = await ask("/api/handlers/invoices/history");
  const versions = json["items"] as { action: string; by: string }[];
  assert.deepEqual(
    versions.map(({ action, by }) => `${action} ${by}`),
    ["archive olga", "create olga"],
  );
  await eventually("what was done stands in the audit log", async () => {
    const { json: page } = await ask("/api/audit?by=olga&text=put&limit=1");
    const [entry] = (page["items"] ?? []) as { action: string; outcome: string; target: string }[];
    return entry?.action === "PUT /api/handlers/:id" && entry.outcome === "done" && entry.target === "invoices";
  });
});

test("a definition that would not run is refused with what is wrong, and the log stays as it was", async () => {
  const definition = {
    id: "bad",
    stage: "before",
    events: ["clients.update"],
    task: { http: { url: "http://10.0.0.1/x" } },
    status: "enabled",
  };
  const response = await fetch(`${admin.url}/api/handlers/bad`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "if-none-match": "*" },
    body: JSON.stringify({ definition }),
  });
  const json = (await response.json()) as { code: string; problems: unknown[] };
  assert.equal(response.status, 422);
  assert.equal(json.code, "UNUSABLE");
  assert.ok(json.problems.length > 0);
  assert.equal((await ask("/api/handlers/bad")).status, 404);
});

test("a dead letter is found, planned, replayed and seen to arrive", async () => {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  sink.on("/crm", () => crm);
  const bridge = await BridgeProcess.ready({
    env: { ...topics.env, HANDLERS_MODE: "file" },
    stage: "after",
    handlers: [told({ id: "erp", events: ["clients.update"], url: sink.url("/crm") })],
  });
  undo.push(() => bridge.kill());
  const core = await topics.core({ onSilence: "allow" });
  await core.publish({ id: "clients.update", data: { id: 12, name: "Example" } });
  await eventually("it is a dead letter", async () => {
    const { json } = await ask("/api/dead-letters?handler=erp");
    return (json["items"] as unknown[] | undefined)?.length === 1;
  });
  let calls: { handler: string; outcome: string; id: string }[] = [];
  await eventually("its call is in the execution log", async () => {
    calls = ((await ask("/api/executions?handler=erp&client=12&status=fail&text=Example")).json["items"] ??
      []) as typeof calls;
    return calls.length > 0;
  });
  const [call] = calls;
  assert.equal(call?.handler, "erp");
  assert.match(String((await ask(`/api/executions/${call.id}`)).json["sent"]), /Example/);
  const [letter] = (await ask("/api/dead-letters")).json["items"] as { position: string; client: string }[];
  assert.equal(letter?.client, "12");
  const detail = (await ask(`/api/dead-letters/${letter.position}`)).json;
  assert.match(String(detail["data"]), /Example/);

  const planned = await ask("/api/replays", "POST", { positions: [letter.position], dryRun: true });
  assert.equal(planned.status, 200);
  assert.equal(planned.json["state"], "planned");
  assert.equal(planned.json["total"], 1);

  crm = { status: 204 };
  const live = await fetch(`${admin.url}/api/live?events=replay`, { headers: { authorization: `Bearer ${token}` } });
  const started = await ask("/api/replays", "POST", { filter: { handler: "erp" } });
  assert.equal(started.status, 202);
  const id = String(started.json["id"]);
  await eventually("it is done", async () => (await ask(`/api/replays/${id}`)).json["state"] === "done", 30_000);
  const done = (await ask(`/api/replays/${id}`)).json;
  assert.equal(done["handedOver"], 1);
  assert.equal(done["delivered"], 1);
  assert.equal(done["by"], "olga");
  let heard = "";
  const decoder = new TextDecoder();
  for await (const chunk of live.body as unknown as AsyncIterable<Uint8Array>) {
    heard += decoder.decode(chunk);
    if (heard.includes('"state":"done"')) break;
  }
  assert.match(heard, /^event: replay$/m);

  const flow = (await ask("/api/flow")).json as unknown as { groups: { group: string }[]; instances: unknown[] };
  assert.ok(flow.groups.some(({ group }) => group === "erp"));
  assert.ok(flow.instances.length >= 1);
});

test("switches are set and shown", async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const set = await ask("/api/switches/bypass-before", "PUT", { until, note: "maintenance" });
  assert.equal(set.status, 200);
  assert.deepEqual(set.json["bypassBefore"], { until, by: "olga", note: "maintenance" });
  const tooLong = await ask("/api/switches/bypass-before", "PUT", {
    until: new Date(Date.now() + 90_000_000).toISOString(),
  });
  assert.equal(tooLong.status, 400);
  assert.equal((await ask("/api/switches/bypass-before", "PUT", { until: null })).json["bypassBefore"], null);
});

test("who was taken out of the file of tokens is out within seconds", async () => {
  writeFileSync(join(folder, "tokens.yaml"), "tokens: []\n");
  await eventually("the token is not good any more", async () => (await ask("/api/session")).status === 401);
});

test("SIGTERM ends it soon, with exit code 0", async () => {
  const begin = performance.now();
  assert.equal(await admin.stop(), 0);
  assert.ok(performance.now() - begin < 10_000);
});

test("it does not listen elsewhere than on this machine without authentication", async () => {
  const end = await cli(["admin"], { ...topics.env, ADMIN_PORT: "0", ADMIN_HOST: "0.0.0.0" });
  assert.equal(end.code, 78);
  assert.match(end.stderr, /SETTINGS_INVALID/);
  assert.match(end.stderr, /ADMIN_TOKENS_FILE/);
});

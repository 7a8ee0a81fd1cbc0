import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { executionEntry } from "../../../src/execution-log/entries.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Execution } from "../../../src/model/execution.ts";
import { secretsOfAddress } from "../../../src/model/masked-address.ts";
import { askedExecution, attemptedExecution } from "../../../src/observe/execution-record.ts";
import { createTasks } from "../../../src/tasks/runner.ts";
import { afterHandler, askedHandler, httpTask, sampleCall } from "../../support/tasks.ts";

/** A handler that repeats all that it was sent, as error pages and debug endpoints do: address, headers, body. */
const lines: string[] = [];
const signatures: string[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    signatures.push(String(request.headers["webhook-signature"]));
    const status = request.url?.includes("/bad") === true ? 404 : 200;
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const echo = { error: `Cannot POST ${request.url}`, pathname, args: Object.fromEntries(searchParams) };
    const text = JSON.stringify({ ...echo, headers: request.headers, body, key: "whsec_dGhlLXNpZ25pbmcta2V5" });
    response.writeHead(status).end(request.url?.includes("/forbid") === true ? forbid(text) : text);
  });
});
const forbid = (text: string): string =>
  JSON.stringify({ decision: "forbid", reason: { code: "no", message: text.slice(0, 900) } });
let origin = "";
const logger = {
  ...Object.fromEntries(
    (["debug", "info", "warn", "error"] as const).map((level) => [
      level,
      (fields: object, message: string) => lines.push(JSON.stringify({ fields, message })),
    ]),
  ),
} as never;
const secrets = { read: () => Promise.resolve({ kind: "secret", value: "whsec_dGhlLXNpZ25pbmcta2V5" } as const) };
const tasks = createTasks({
  ...{ egressAllow: ["127.0.0.0/8"], scriptsDir: null, logger, clock: systemClock },
  ...{ secrets, exchangeBytes: 8192 },
});

before(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await tasks.close(1000);
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;

async function executions(path: string): Promise<readonly Execution[]> {
  const task = httpTask(`${origin}${path}`, ["env:KEY"]);
  const call = sampleCall(5000);
  const [before, after] = [askedHandler(task), afterHandler(task)];
  const asked = await tasks.ask(before, call, never);
  const outcome = await tasks.deliver(after, call, never);
  lines.push(JSON.stringify([asked, outcome]));
  const disposition = { kind: "dead-letter", why: "rejected" } as const;
  return [
    askedExecution("i", 0, { handler: before, call, outcome: asked, ms: 1, isCancelled: false }),
    attemptedExecution("i", 0, {
      ...{ handler: after, group: "g", call, outcome, ms: 1, delayMs: 0, retryInMs: null },
      disposition,
    } as never),
  ];
}

test("what a handler repeats of its address, signature and key stands in no outcome, entry or log", async () => {
  const query = "?token=S3CRETtoken&v=2&enc=S3%2FCR%20ET";
  for (const path of [`/in${query}`, `/bad${query}`, `/forbid${query}`]) {
    for (const execution of await executions(path)) {
      const text = JSON.stringify([execution, executionEntry({ ...execution, at: "2026-01-01T00:00:00Z" })]);
      assert.doesNotMatch(text, /S3CRET|S3%2FCR|S3\/CR|dGhlLXNpZ25pbmcta2V5/, path);
      for (const signature of signatures) assert.ok(!text.includes(signature.slice(3)), "a signature");
      assert.match(text, /\*\*\*/, "it was there to be masked");
    }
  }
  assert.doesNotMatch(lines.join("\n"), /S3CRET|S3%2FCR|dGhlLXNpZ25pbmcta2V5/);
});

test("of an address pairs of the query are hidden, and values that are not as short as any word", () => {
  assert.deepEqual(secretsOfAddress("https://x.example.net/in?v=2&key=abc%20def&flag"), [
    "v=2",
    "key=abc%20def",
    "abc%20def",
    "abc def",
  ]);
  assert.deepEqual(secretsOfAddress("https://x.example.net/in?s3cret-key"), ["s3cret-key"]);
  assert.deepEqual(secretsOfAddress("https://x.example.net/in"), []);
});

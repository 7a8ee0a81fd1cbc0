import assert from "node:assert/strict";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { callHeaders, headerText, scriptEnvironment } from "../../../src/tasks/headers.ts";
import { readRetryAfter } from "../../../src/tasks/retry-after.ts";
import { createSecrets } from "../../../src/tasks/secrets.ts";
import { Signer } from "../../../src/tasks/signature.ts";

const call: TaskCall = {
  event: {
    id: "clients.packages.assign",
    type: "clients.subscriptions.assign",
    ceId: "e-1",
    source: "/billing/eu 1",
    time: "2026-01-01T00:00:00.123456789Z",
    objectId: null,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    shape: { record: "ClientsPackagesAssign", sparse: false, fields: [] },
    data: {},
  },
  deliveryId: "d-1",
  attempt: 3,
  sequence: "billing.packages/2/77",
  timeoutMs: 300,
};

test("a test call says that it is one, and a real one does not", () => {
  assert.equal(callHeaders({ ...call, isTest: true }, "after", 0, 1)["bridge-test"], "true");
  assert.equal("bridge-test" in callHeaders(call, "after", 0, 1), false);
});

test("a call travels with its ids, its place in the log and the time it has", () => {
  assert.deepEqual(callHeaders(call, "after", 1_767_225_600_999, 287), {
    "webhook-id": "d-1",
    "webhook-timestamp": "1767225600",
    "ce-id": "e-1",
    "ce-type": "clients.subscriptions.assign",
    "ce-source": "/billing/eu%201",
    "ce-time": "2026-01-01T00:00:00.123456789Z",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "bridge-stage": "after",
    "bridge-attempt": "3",
    "bridge-sequence": "billing.packages/2/77",
    "bridge-timeout-ms": "287",
  });
});

test("how many older events one stands for is said where it stands for any", () => {
  const superseded = callHeaders({ ...call, superseded: 12 }, "after", 0, 1)["bridge-superseded"];
  assert.equal(superseded, "12");
});

test("what the event does not have is left out", () => {
  const event = { ...call.event, ceId: undefined, source: undefined, traceparent: undefined };
  const names = Object.keys(callHeaders({ ...call, event }, "before", 0, 1));
  for (const name of ["ce-id", "ce-source", "traceparent"]) assert.ok(!names.includes(name), name);
});

test("property: header text is printable ASCII without quotes and reads back by percent-decoding", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const header = headerText(text);
      assert.match(header, /^[\u0021\u0023-\u007e]*$/);
      assert.equal(decodeURIComponent(header), text.toWellFormed());
    }),
  );
});

test("a script inherits the allow-list and the headers, nothing else", () => {
  const environment = scriptEnvironment(callHeaders(call, "before", 0, 250), {
    PATH: "/bin",
    HOME: "/home/x",
    KAFKA_PASSWORD: "hunter2",
    NODE_OPTIONS: "--inspect",
    LD_PRELOAD: "x.so",
  });
  assert.deepEqual(Object.keys(environment).sort(), [
    ...[
      "BRIDGE_ATTEMPT",
      "BRIDGE_SEQUENCE",
      "BRIDGE_STAGE",
      "BRIDGE_TIMEOUT_MS",
      "CE_ID",
      "CE_SOURCE",
      "CE_TIME",
      "CE_TYPE",
    ],
    ...["HOME", "PATH", "TRACEPARENT", "WEBHOOK_ID", "WEBHOOK_TIMESTAMP"],
  ]);
  assert.equal(environment["BRIDGE_STAGE"], "before");
});

test("Retry-After is read as seconds or as a date, and anything else is ignored", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(readRetryAfter("120", now), 120_000);
  assert.equal(readRetryAfter(" 0 ", now), 0);
  assert.equal(readRetryAfter("Thu, 01 Jan 2026 00:01:00 GMT", now), 60_000);
  assert.equal(readRetryAfter("Thursday, 01-Jan-26 00:01:00 GMT", now), 60_000);
  assert.equal(readRetryAfter("Thu Jan  1 00:01:00 2026", now), 60_000);
  assert.equal(readRetryAfter("Thu, 01 Jan 2015 00:01:00 GMT", now), 0);
  for (const text of [undefined, "", "-1", "1.5", "soon", "20 26", "99999999999999"])
    assert.equal(readRetryAfter(text, now), undefined, text);
});

const newSecret = `whsec_${Buffer.from("the new secret, 24 bytes").toString("base64")}`;
const oldSecret = Buffer.from("the old secret, 24 bytes").toString("base64");

test("a delivery is signed once with every secret, and a receiver that knows either verifies it", async () => {
  const signer = new Signer(createSecrets({ NEW: newSecret, OLD: oldSecret, RAW: "not base64!" }));
  const nowMs = Date.now();
  const signing = await signer.sign(["env:NEW", "env:OLD", "env:RAW"], "d-1", nowMs, '{"a":"ä"}');
  assert.ok(signing.kind === "signed");
  assert.equal(signing.signature.split(" ").length, 3);
  const headers = {
    "webhook-id": "d-1",
    "webhook-timestamp": String(Math.floor(nowMs / 1000)),
    "webhook-signature": signing.signature,
  };
  for (const receiver of [
    new Webhook(newSecret),
    new Webhook(oldSecret),
    new Webhook("not base64!", { format: "raw" }),
  ]) {
    assert.deepEqual(receiver.verify('{"a":"ä"}', headers), { a: "ä" });
  }
  assert.throws(() => new Webhook(newSecret).verify('{"a":"b"}', headers));
});

test("without secrets nothing is signed; with a missing one nothing is sent, and the error holds no secret", async () => {
  const signer = new Signer(createSecrets({ SET: oldSecret, EMPTY: " " }));
  for (const missing of ["env:UNSET", "env:EMPTY", "file:/nonexistent/secret", "vault:x"]) {
    const signing = await signer.sign(["env:SET", missing], "d", 0, "");
    assert.equal(signing.kind, "no-secret", missing);
    assert.ok(!JSON.stringify(signing).includes(oldSecret));
  }
});

test("a secret in a file is read again when the file changes", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "secrets-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "secret");
  const secrets = createSecrets({});
  await writeFile(path, "first\n");
  assert.deepEqual(await secrets.read(`file:${path}`), { kind: "secret", value: "first" });
  await writeFile(path, "other\n");
  await utimes(path, new Date(), new Date(Date.now() + 5000));
  assert.deepEqual(await secrets.read(`file:${path}`), { kind: "secret", value: "other" });
});

test("an id that no server would take in a header, and no program as a variable, is cut off at a kilobyte", () => {
  assert.equal(headerText("x".repeat(900_000)), "x".repeat(1024));
  assert.equal(headerText(`${"x".repeat(1023)}\u{1f600}`), "x".repeat(1023));
  assert.equal(headerText("x".repeat(1024)), "x".repeat(1024));
  const { ceId = "" } = { ...call.event, ceId: "\u00fc".repeat(100_000) };
  const environment = scriptEnvironment(callHeaders({ ...call, event: { ...call.event, ceId } }, "after", 0, 1), {});
  assert.equal(environment["CE_ID"], "%C3%BC".repeat(512));
});

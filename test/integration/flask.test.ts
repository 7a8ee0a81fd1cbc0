import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { asked, told } from "../support/handlers.ts";
import { deadPort } from "../support/sink.ts";

/** The handler that the billing system's documentation shows, run by real Flask: test/fixtures/flask/handler.py. */

const python = process.env["FLASK_PYTHON"] ?? "python3";
const hasFlask = await promisify(execFile)(python, ["-c", "import flask"]).then(
  () => true,
  () => false,
);
const missing = `${python} has no Flask: install it (pip install flask), or name a Python that has it in FLASK_PYTHON`;
// On a continuous integration machine a test that is left out would look like one that passed.
const skip = !hasFlask && process.env["CI"] !== "true" ? missing : false;
const undo: (() => Promise<void>)[] = [];

describe("the documented Flask handler, unchanged", { skip }, () => {
  let bridge: BridgeProcess;
  let core: BillingClient;

  before(async () => {
    assert.ok(hasFlask, missing);
    const flask = await startFlask();
    undo.push(() => flask.stop());
    const topics = await FreshTopics.open();
    undo.push(() => topics.close());
    const events = ["clients.create", "clients.update", "clients.archive"];
    bridge = await BridgeProcess.ready({
      env: topics.env,
      handlers: [
        asked({ id: "flask-before", events, url: flask.url, onFailure: "forbid", mayChange: ["*"], timeoutMs: 1000 }),
        told({ id: "flask-after", events, url: flask.url }),
      ],
    });
    undo.push(() => bridge.kill());
    core = await topics.core({ onSilence: "forbid" });
  });

  after(async () => {
    for (const step of undo.reverse()) await step();
  });

  test("as a before handler: the echo allows, and nothing is changed", async () => {
    const created = await core.request({
      id: "clients.create",
      data: { name: "Über & Söhne", credit: "100.50", tags: ["a"], orig_capacity: null },
    });
    assert.deepEqual(
      [created.decision, created.decidedBy, created.handler, created.changed],
      ["allow", "handler", "flask-before", false],
    );
    // Integers past what a float holds, decimals and nulls come back as they went.
    const data = { id: 9007199254740993n, name: "n", credit: "-999999998.0000000001", routing_plans_id: null };
    const updated = await core.request({ id: "clients.update", data });
    assert.deepEqual([updated.decision, updated.decidedBy, updated.changed], ["allow", "handler", false]);
    const archived = await core.request({ id: "clients.archive", data: { id: 12 } });
    assert.deepEqual([archived.decision, archived.decidedBy, archived.changed], ["allow", "handler", false]);
  });

  test("as an after handler: the event is delivered at the first attempt", async () => {
    const { ceId } = await core.publish({ id: "clients.update", data: { id: 12, name: "My changed name" } });
    const isDelivered = ({ msg, handler, disposition }: Record<string, unknown>) =>
      msg === "delivery attempted" && handler === "flask-after" && disposition === "accept";
    const line = await bridge.line(`delivery of ${ceId}`, isDelivered);
    assert.deepEqual([line["event"], line["attempt"]], ["clients.update", 1]);
    const ended = () => bridge.counter("fact_ends_total", { group: "flask-after", end: "delivered" });
    await eventually("the fact is settled", async () => (await ended()) === 1);
  });
});

async function startFlask(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await deadPort();
  const script = join(import.meta.dirname, "../fixtures/flask/handler.py");
  const args = ["-m", "flask", "--app", script, "run", "--host", "127.0.0.1", "--port", String(port)];
  const child = spawn(python, args, { stdio: ["ignore", "ignore", "pipe"] });
  const errors: string[] = [];
  createInterface(child.stderr).on("line", (line) => errors.push(line));
  const url = `http://127.0.0.1:${port}/`;
  const answers = () =>
    fetch(url, { method: "POST", body: "{}", signal: AbortSignal.timeout(2000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    await eventually("Flask answers", answers, 20_000);
  } catch (error) {
    await ended(child);
    throw new Error(errors.join("\n"), { cause: error });
  }
  return { url, stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGKILL");
  return closed;
}

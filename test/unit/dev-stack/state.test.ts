import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { identityOf, isAlive, parseLinuxStat } from "../../../src/dev-stack/process-identity.ts";
import { checkName, type StackState, StateFolder } from "../../../src/dev-stack/state.ts";
import { stackStatus, stopStack } from "../../../src/dev-stack/status.ts";
import type { BridgeError } from "../../../src/errors.ts";

const root = mkdtempSync(join(tmpdir(), "state-test-"));
after(() => rmSync(root, { recursive: true }));
const states = new StateFolder(join(root, "states"));
const me = identityOf(process.pid) ?? assert.fail("this process has an identity");
const reused = { pid: process.pid, startedAt: "another time" };

function state(name: string, change: Partial<StackState> = {}): StackState {
  return {
    name,
    phase: "starting",
    starter: me,
    processes: {},
    composeProject: null,
    dataDir: null,
    removeData: false,
    addresses: null,
    ...change,
  };
}

const addresses = { kind: "maven", kafkaBrokers: "127.0.0.1:1", schemaRegistryUrl: "http://x", secure: null } as const;

test("states are readable by their user only", () => {
  states.claim(state("private"));
  assert.equal(statSync(states.path).mode & 0o777, 0o700);
  assert.equal(statSync(states.fileOf("private")).mode & 0o777, 0o600);
});

test("a name can be claimed once, and the first claim stays", () => {
  assert.equal(states.claim(state("once", { dataDir: "/first" })), true);
  assert.equal(states.claim(state("once", { dataDir: "/second" })), false);
  assert.equal(states.read("once")?.dataDir, "/first");
  states.remove("once");
  assert.equal(states.read("once"), null);
});

test("a pid that now belongs to another process is not alive, and stopping the stack spares it", async () => {
  assert.equal(isAlive(me), true);
  assert.equal(isAlive(reused), false);
  states.claim(state("reused", { phase: "running", addresses, processes: { broker: reused } }));
  assert.deepEqual(await stackStatus("reused", states), { kind: "broken", missing: ["broker"] });
  // Were it not spared, this test would end here.
  assert.deepEqual(await stopStack("reused", states), { kind: "stopped" });
  assert.deepEqual(await stackStatus("reused", states), { kind: "stopped" });
});

test("a start whose starter is gone counts as broken, one whose starter lives as starting", async () => {
  states.claim(state("dead", { starter: reused }));
  states.claim(state("alive"));
  assert.equal((await stackStatus("dead", states)).kind, "broken");
  assert.equal((await stackStatus("alive", states)).kind, "starting");
});

test("a folder of data that the stack did not make is never removed", async () => {
  const kept = mkdtempSync(join(root, "kept-"));
  states.claim(state("careful", { phase: "running", addresses, dataDir: kept, removeData: true }));
  await stopStack("careful", states);
  assert.ok(statSync(kept).isDirectory());
});

test("names that could leave the folder or confuse compose are refused", () => {
  for (const name of ["", "../x", "a/b", "A", "-a", "a b", "x".repeat(41)]) {
    assert.throws(
      () => checkName(name),
      (error: BridgeError) => error.code === "USAGE",
      name,
    );
  }
  for (const name of ["default", "test-123", "a_b"]) checkName(name);
});

test("a command name with spaces and brackets does not shift the fields of its stat line", () => {
  const fields = ["R", ...Array.from({ length: 18 }, (_, at) => String(at)), "4711", "0"];
  assert.deepEqual(parseLinuxStat(`7 (a) b) ${fields.join(" ")}`), { state: "R", startTicks: "4711" });
  assert.equal(parseLinuxStat("7 (x) R 1 2"), null);
});

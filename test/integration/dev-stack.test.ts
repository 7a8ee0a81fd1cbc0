import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Admin, Kafka, logLevel } from "kafkajs";
import type { StackAddresses } from "../../src/dev-stack/addresses.ts";
import { acceptsConnections } from "../../src/dev-stack/probes.ts";
import { isAlive, type ProcessIdentity } from "../../src/dev-stack/process-identity.ts";
import { openStack, startStack } from "../../src/dev-stack/stack.ts";
import { StateFolder } from "../../src/dev-stack/state.ts";
import { stackStatus, stopStack } from "../../src/dev-stack/status.ts";

// One file, in order: starting a stack costs seconds, so that the tests share two.
const root = mkdtempSync(join(tmpdir(), "dev-stack-test-"));
const states = new StateFolder(join(root, "states"));
const kept = join(root, "kept");
const maven = { kind: "maven", stateFolder: states } as const;
const owner = spawn(
  process.execPath,
  [fileURLToPath(new URL("../support/stack-owner.ts", import.meta.url)), "owned", states.path, kept],
  { stdio: ["pipe", "pipe", "inherit"] },
);
let free: StackAddresses;
let owned: StackAddresses;
let schemaId: unknown;

before(async () => {
  const [line, started] = await Promise.all([
    once(createInterface(owner.stdout), "line") as Promise<[string]>,
    startStack({ name: "free", ...maven }),
  ]);
  owned = JSON.parse(line[0]) as StackAddresses;
  assert.equal(started.kind, "started");
  free = started.addresses;
});

after(async () => {
  owner.kill("SIGKILL");
  await Promise.all(["free", "owned"].map((name) => stopStack(name, states)));
  rmSync(root, { recursive: true });
});

test("two stacks started at once run side by side, each with its own broker and registry", async () => {
  assert.equal(new Set([free, owned].flatMap((at) => [at.kafkaBrokers, at.schemaRegistryUrl])).size, 4);
  await withAdmin(owned, (admin) => admin.createTopics({ topics: [{ topic: "kept", numPartitions: 1 }] }));
  schemaId = await register(owned, '"string"');
  assert.deepEqual(await withAdmin(free, (admin) => admin.listTopics()), []);
  assert.deepEqual(await (await fetch(`${free.schemaRegistryUrl}/subjects`)).json(), []);
});

test("starting a stack that runs finds it", async () => {
  assert.deepEqual(await startStack({ name: "free", ...maven }), { kind: "was-running", addresses: free });
  const status = await stackStatus("free", states);
  assert.ok(status.kind === "running");
  assert.deepEqual(status.addresses, free);
});

test("a stack ends with its owner even when that is killed, and its given folder stays", async () => {
  const processes = processesOf("owned");
  assert.equal(processes.length, 2);
  owner.kill("SIGKILL");
  await until("the owned stack is gone", () => states.read("owned") === null);
  assert.deepEqual(processes.filter(isAlive), []);
  assert.equal(await answers(owned), false);
  assert.equal(await answers(free), true);
  assert.ok(existsSync(join(kept, "broker.log")));
});

test("a stack on the folder of an earlier one has its topics, and its schemas under the same ids", async () => {
  const stack = await openStack({ name: "owned", dataDir: kept, ...maven });
  try {
    assert.deepEqual(await withAdmin(stack.addresses, (admin) => admin.listTopics()), ["kept"]);
    await register(stack.addresses, '"long"');
    assert.deepEqual(await register(stack.addresses, '"string"'), schemaId);
    const { broker, registry } = stack.servers ?? assert.fail("a Maven stack has servers");

    // Faults that tests make, on the same ports.
    broker.pause();
    assert.equal(await answers(stack.addresses), true, "a paused broker still accepts connections");
    await broker.stop();
    assert.equal(await answers(stack.addresses), false);
    assert.equal((await stackStatus("owned", states)).kind, "running", "a server stopped by its owner is not a loss");
    await Promise.all([broker.start(), registry.kill().then(() => registry.start())]);
    assert.deepEqual(await withAdmin(stack.addresses, (admin) => admin.listTopics()), ["kept"]);
  } finally {
    await stack.stop();
  }
  assert.deepEqual(processesOf("owned"), []);
  assert.equal(await answers(stack.addresses), false);
});

test("a stack that lost its broker is reported as broken, and stopping it leaves no process and no data", async () => {
  const processes = processesOf("free");
  const { dataDir } = states.read("free") ?? assert.fail("the stack has a state");
  process.kill(states.read("free")?.processes["broker"]?.pid ?? assert.fail("the broker has a process"), "SIGKILL");
  await until("the broker is gone", () => !processes.every(isAlive));
  assert.deepEqual(await stackStatus("free", states), { kind: "broken", missing: ["broker"] });
  assert.deepEqual(await stopStack("free", states), { kind: "stopped" });
  assert.deepEqual(await stopStack("free", states), { kind: "was-not-running" });
  assert.deepEqual(processes.filter(isAlive), []);
  assert.equal(existsSync(dataDir ?? assert.fail("the stack has data")), false);
});

function processesOf(name: string): ProcessIdentity[] {
  return Object.values(states.read(name)?.processes ?? {});
}

function answers(addresses: StackAddresses): Promise<boolean> {
  return acceptsConnections("127.0.0.1", Number(addresses.kafkaBrokers.split(":")[1]));
}

async function withAdmin<T>(addresses: StackAddresses, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [addresses.kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function register(addresses: StackAddresses, schema: string): Promise<unknown> {
  const response = await fetch(`${addresses.schemaRegistryUrl}/subjects/${encodeURIComponent(schema)}/versions`, {
    method: "POST",
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    body: JSON.stringify({ schema }),
  });
  assert.equal(response.status, 200);
  return response.json();
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    await sleep(100);
    assert.ok(performance.now() < deadline, `${what}: not within 20 s`);
  }
}

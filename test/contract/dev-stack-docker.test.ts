import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, beforeEach } from "node:test";
import { startStack } from "../../src/dev-stack/stack.ts";
import { StateFolder } from "../../src/dev-stack/state.ts";
import { stackStatus, stopStack } from "../../src/dev-stack/status.ts";
import type { BridgeError } from "../../src/errors.ts";

// No engine is needed to see what we ask of one: a docker command that writes down its arguments stands in for it.
const root = mkdtempSync(join(tmpdir(), "dev-stack-docker-"));
const calls = join(root, "calls");
const states = new StateFolder(join(root, "states"));
const path = process.env["PATH"];
process.env["PATH"] = root;
after(() => {
  process.env["PATH"] = path;
  rmSync(root, { recursive: true });
});
beforeEach(() => writeFileSync(calls, ""));

const options = {
  name: "contained",
  stateFolder: states,
  env: { PATH: root, HOME: join(root, "home") },
} as const;

function docker(up: string): void {
  const ports = "$KAFKA_PORT $SCHEMA_REGISTRY_PORT $KAFKA_DATA";
  writeFileSync(
    join(root, "docker"),
    `#!/bin/sh
echo "$* $KAFKA_DATA" >> ${calls}
case "$*" in info*) echo 28.0 ;; *" up "*) echo "${ports}" > ${root}/ports; ${up} ;; esac`,
  );
  chmodSync(join(root, "docker"), 0o755);
}

const called = (): string => readFileSync(calls, "utf8");

test("where Docker's engine answers, compose starts broker and registry as a project of the stack's name", async () => {
  docker("exit 0");
  const started = await startStack(options);
  assert.ok(started.kind === "started" && started.addresses.kind === "docker");
  assert.match(
    called(),
    /compose -p provisioning-bridge-contained -f \S+\/docker-compose.yml up --detach --wait broker registry/,
  );
  const [kafkaPort = "", registryPort = ""] = readFileSync(join(root, "ports"), "utf8").split(" ");
  assert.equal(started.addresses.kafkaBrokers, `127.0.0.1:${kafkaPort}`);
  assert.equal(started.addresses.schemaRegistryUrl, `http://127.0.0.1:${registryPort}/apis/ccompat/v7`);
});

test("a stack whose containers are gone is broken, and stopping it removes its project", async () => {
  assert.deepEqual(await stackStatus("contained", states), { kind: "broken", missing: ["broker"] });
  assert.deepEqual(await stopStack("contained", states), { kind: "stopped" });
  assert.match(called(), /compose -p provisioning-bridge-contained down --volumes/);
});

test("a given data folder takes the place of the volumes and lets the images' users in", async () => {
  docker("exit 0");
  const dataDir = join(root, "data");
  await startStack({ ...options, dataDir });
  const folder = readFileSync(join(root, "ports"), "utf8").trim().split(" ")[2] ?? "";
  assert.equal(dirname(folder), dataDir);
  assert.equal(statSync(folder).mode & 0o777, 0o777);
  await stopStack("contained", states);
  assert.ok(statSync(folder).isDirectory(), "the folder stays");
});

test("when compose fails and nothing else is there, its words are shown and its project is removed", async () => {
  docker("echo 'pull access denied'; exit 1");
  await assert.rejects(startStack(options), (error: BridgeError) => {
    assert.equal(error.code, "STACK_UNAVAILABLE");
    assert.match(error.message, /docker compose could not start the stack:\s+pull access denied/);
    return true;
  });
  assert.match(called(), / down /);
  assert.deepEqual(await stackStatus("contained", states), { kind: "stopped" });
});

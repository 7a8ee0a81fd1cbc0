import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { leftBehind, runMark } from "../support/runner/left-behind.ts";
import type { Counts } from "../support/runner/run-files.ts";

const program = fileURLToPath(new URL("../support/runner/run-fixtures.ts", import.meta.url));

/** Runs fixtures as the runner does, from a process outside this test: node:test refuses to run tests within tests. */
async function run(...fixtures: string[]): Promise<Counts> {
  const files = fixtures.map((name) => fileURLToPath(new URL(`../fixtures/runner/${name}.ts`, import.meta.url)));
  const env = { ...process.env };
  delete env["NODE_TEST_CONTEXT"];
  const child = spawn(process.execPath, [program, ...files], { env, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  await once(child, "close");
  return JSON.parse(/counts (.*)$/.exec(output)?.[1] ?? assert.fail(output)) as Counts;
}

function numbers({ failed, passed, skipped }: Counts): Omit<Counts, "failures"> {
  return { passed, failed, skipped };
}

test("the runner counts over all files what passed, failed and was skipped, and names what failed", async () => {
  const counts = await run("two-pass-one-skipped", "one-fails");
  assert.deepEqual(numbers(counts), { passed: 3, failed: 1, skipped: 1 });
  assert.match(counts.failures.join("\n"), /^\S+one-fails\.ts:\d+ fails: on purpose$/);
});

test("a file that cannot be loaded and a suite whose hook fails are failures", async () => {
  assert.deepEqual(numbers(await run("cannot-load")), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(numbers(await run("hook-fails")), { passed: 0, failed: 1, skipped: 0 });
});

test("a test that never ends fails at its timeout, and its file does not hang the run", async () => {
  assert.deepEqual(numbers(await run("hangs")), { passed: 0, failed: 1, skipped: 0 });
});

test("a file that leaves something open after its last test fails", async () => {
  assert.deepEqual(numbers(await run("leaks-a-server")), { passed: 1, failed: 1, skipped: 0 });
});

test("a process that outlives its test is found by its mark, also when it left its parent", {
  skip: process.platform === "linux" ? false : "only Linux lets us read the environment of other processes",
}, async () => {
  const mark = randomUUID();
  assert.deepEqual(await leftBehind(mark, 0), []);
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore", env: { ...process.env, [runMark]: mark } });
  await once(child, "spawn");
  const found = await leftBehind(mark, 0);
  child.kill("SIGKILL");
  assert.deepEqual(found, [{ pid: child.pid, command: "sleep 60 " }]);
  assert.deepEqual(await leftBehind(mark, 5000), []);
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { Operator } from "../support/operator.ts";
import { runMark } from "../support/runner/left-behind.ts";

/** The log of handlers while those who write it are killed. */

let topics: FreshTopics;
const operators: Operator[] = [];

before(async () => {
  topics = await FreshTopics.open();
});

after(async () => {
  await Promise.all(operators.map((operator) => operator.close()));
  await topics.close();
});

async function open(): Promise<Operator> {
  const operator = await Operator.open(topics);
  operators.push(operator);
  return operator;
}

/** Starts a writer, kills it in the middle of its writes; what it was told is written. */
async function killed(afterMs: number): Promise<readonly number[]> {
  const env = { PATH: process.env["PATH"], [runMark]: process.env[runMark], ...topics.env };
  const writer = spawn(process.execPath, [join(import.meta.dirname, "../support/handler-writer.ts")], { env });
  let text = "";
  writer.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await eventually("it writes", () => text.split("\n").length > 3, 40_000);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const ended = new Promise((resolve) => writer.once("close", resolve));
  writer.kill("SIGKILL");
  await ended;
  return text.split("\n").slice(0, -1).map(Number);
}

test("whoever is killed while writing leaves a whole log: all that was acknowledged stands, all readers agree, and others write on", async () => {
  const watcher = await open();
  const acknowledged: number[] = [];
  // Two at once: they race, too.
  for (const afterMs of [0, 7, 23])
    acknowledged.push(...(await Promise.all([killed(afterMs), killed(afterMs + 3)])).flat());
  const fresh = await open();
  await eventually("the watcher has it all", () => watcher.store.all().revision === fresh.store.all().revision);
  assert.deepEqual(watcher.store.all(), fresh.store.all());
  assert.deepEqual(fresh.store.problems(), []);
  const history = await fresh.store.history("written");
  const revisions = history.map(({ revision }) => revision);
  const oldest = revisions.at(-1) ?? 0;
  assert.ok(acknowledged.length >= 18, `${acknowledged.length} writes`);
  assert.equal(new Set(acknowledged).size, acknowledged.length, "none was acknowledged twice");
  for (const revision of acknowledged) assert.ok(revision < oldest || revisions.includes(revision), `${revision}`);
  const next = await fresh.change("written", { name: "on" });
  await eventually("and is seen", () => watcher.store.all().revision === next);
});

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { readNote } from "../../src/model/commit-note.ts";
import { BridgeProcess, type BridgeProcessOptions } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Sink } from "../support/sink.ts";

/** A client whose events a handler never takes, beside others that it does, on a real broker, across a kill. */

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const poisoned = 7;
/** More than a lane may hold. */
const events = 1300;

test("a poisoned client is parked, the others go on, and it returns in order across a kill -9", async () => {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  let sick = true;
  sink.on("/crm", ({ body }) => ({ status: sick && body.data["id"] === poisoned ? 503 : 200 }));
  const topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const options: BridgeProcessOptions = {
    env: { ...topics.env, LOG_LEVEL: "info" },
    handlers: [told({ id: "crm", events: ["clients.update"], url: sink.url("/crm") })],
    stage: "after",
  };
  const start = async (): Promise<BridgeProcess> => {
    const bridge = await BridgeProcess.ready(options);
    undo.push(() => bridge.kill());
    return bridge;
  };
  const core = await topics.core({ onSilence: "forbid", events: ["clients.update"] });
  const ledger = new Ledger();
  const group = topics.afterGroup("crm");
  const publish = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number++) {
      const ids = number % 5 === 0 ? [poisoned, 1 + (number % 3)] : [poisoned];
      const published = ids.map((id) => core.publish({ id: "clients.update", data: { id, name: `number ${number}` } }));
      for (const [at, sent] of (await Promise.all(published)).entries()) ledger.sent(String(ids[at]), sent);
    }
  };
  const note = async (): Promise<boolean> => {
    const [committed] = await topics.admin.fetchOffsets({ groupId: group, topics: [topics.names.facts.clients] });
    return committed?.partitions.some(({ metadata }) => readNote(metadata).park !== null) ?? false;
  };

  const first = await start();
  await publish(events);
  await first.line("it is parked", ({ msg }) => msg === "a key is stuck: it is parked", 60_000);
  await eventually(
    "all is committed though the client is stuck",
    () => ledger.committedToTheEnd(topics, group),
    60_000,
  );
  assert.equal(await note(), true);
  const delivered = sink.at("/crm").filter(({ answered }) => answered === 200);
  assert.equal(delivered.length, events / 5, "the others have theirs");

  await first.kill();
  await publish(20);
  const second = await start();
  // Half of it is delivered when the next owner is killed, too: between any two marks.
  sick = false;
  await eventually(
    "some are back",
    () => sink.at("/crm").filter(({ answered }) => answered === 200).length > 700,
    60_000,
  );
  await second.kill();

  const third = await start();
  await eventually("everything is delivered", () => ledger.complete(sink.at("/crm")), 90_000);
  ledger.check(sink.at("/crm"), 0.3);
  await third.line("it has caught up", ({ msg }) => msg === "a parked key has caught up", 30_000);
  await eventually("everything is committed", () => ledger.committedToTheEnd(topics, group), 30_000);
  await eventually("nothing is parked any more", async () => !(await note()), 30_000);
  assert.equal(await third.terminate(), 0);
  const letters = await topics.contents(topics.names.deadLetters);
  assert.equal(letters.length, 0);
});

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { BridgeProcess, type BridgeProcessOptions } from "../support/bridge-process.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Ledger } from "../support/ledger.ts";
import { Sink } from "../support/sink.ts";

/** A handler that asks for no order, one client with all the events, some of them refused, on a real broker, across a kill. */

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const events = 1200;
const isRefused = (name: unknown): boolean => Number(String(name).split(" ")[1]) % 40 === 0;

test("without order one client's events go side by side, none waits for a refused one, and none is lost across a kill -9", async () => {
  const sink = await Sink.open();
  undo.push(() => sink.close());
  let sick = true;
  let underWay = 0;
  let most = 0;
  sink.on("/archive", async ({ body }) => {
    most = Math.max(most, ++underWay);
    await pause(20);
    underWay--;
    return { status: sick && isRefused(body.data["name"]) ? 503 : 200 };
  });
  const topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const options: BridgeProcessOptions = {
    env: topics.env,
    handlers: [
      told({ id: "archive", events: ["clients.update"], url: sink.url("/archive"), ordered: false, inFlight: 16 }),
    ],
    stage: "after",
  };
  const start = async (): Promise<BridgeProcess> => {
    const bridge = await BridgeProcess.ready(options);
    undo.push(() => bridge.kill());
    return bridge;
  };
  const core = await topics.core({ onSilence: "forbid", events: ["clients.update"] });
  const ledger = new Ledger();
  const publish = async (from: number, count: number): Promise<void> => {
    const numbers = Array.from({ length: count }, (_, at) => from + at);
    const sent = await Promise.all(
      numbers.map((number) => core.publish({ id: "clients.update", data: { id: 7, name: `number ${number}` } })),
    );
    for (const one of sent) ledger.sent("7", one);
  };
  const delivered = (): number => sink.at("/archive").filter(({ answered }) => answered === 200).length;

  const first = await start();
  await publish(0, events / 2);
  const refused = events / 2 / 40;
  await eventually("all but the refused ones are delivered", () => delivered() === events / 2 - refused, 60_000);
  assert.ok(most > 8, `at most ${most} of one client's events were under way at once`);

  await publish(events / 2, events / 2);
  await eventually("some more are", () => delivered() > events * 0.6, 60_000);
  await first.kill();
  sick = false;
  const second = await start();
  await eventually("everything is delivered", () => ledger.complete(sink.at("/archive")), 90_000);
  await eventually(
    "everything is committed",
    () => ledger.committedToTheEnd(topics, topics.afterGroup("archive")),
    30_000,
  );
  const account = ledger.account(sink.at("/archive"));
  assert.deepEqual([account.lost, account.mistaken], [[], []]);
  // What was under way, or not committed yet, when it was killed: so many in the 200 ms between commits.
  assert.ok(account.repeated <= events * 0.3, `${account.repeated} of ${events} came twice`);
  assert.ok(account.outOfOrder.length > 0, "nothing overtook a refused one");
  assert.equal(await second.terminate(), 0);
  assert.equal((await topics.contents(topics.names.deadLetters)).length, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDispatcher } from "../../../src/after/dispatcher.ts";
import { withReplays } from "../../../src/bridge/replays.ts";
import { replayRecord } from "../../../src/kafka/records/replays.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import { settled } from "../../support/fake-clock.ts";
import { failed, handler, type RecordOptions, record, type World, world } from "../after/world.ts";

const replays = "billing.replays";
const rejected = failed({ kind: "status", status: 400, detail: "400" });

/** A group's engine as the bridge makes it: facts and replays side by side. */
function replaying(members: readonly AfterHandler[]): World {
  const base = world(members);
  const group = "switch";
  const deadLetters = { write: (letter: World["letters"][number]) => Promise.resolve(void base.letters.push(letter)) };
  const { reader, tasks } = base;
  const parts = withReplays(replays, {
    group,
    members: () => members,
    reader,
    tasks,
    deadLetters,
    logger: silentLogger,
  });
  const { members: addressed, ...ports } = parts;
  const dispatcher = createDispatcher({
    group,
    handlers: addressed,
    ...ports,
    source: base.source,
    clock: base.clock,
    random: () => 0.5,
    observer: base.journal,
    logger: silentLogger,
  });
  dispatcher.assigned([{ topic: replays, partition: 0 }]);
  return Object.assign(base, { dispatcher });
}

/** The replay of a fact that stood at offset 40 of its topic. */
function replay(
  offset: number,
  handlerId: string | null,
  group = "switch",
  options: RecordOptions = {},
): InboundRecord {
  const original = record(40, options);
  const letter = {
    group,
    handler: handlerId,
    record: original,
    reason: "rejected",
    detail: "",
    eventId: null,
    attempts: [],
    deadAt: "",
  };
  const { headers } = replayRecord(replays, letter, { partition: 0, offset: 3 });
  return { ...original, topic: replays, partition: 0, offset, headers };
}

test("a replay goes to the handler that failed alone, as the original", async () => {
  const w = replaying([handler("a"), handler("b"), handler("c")]);
  w.dispatcher.accept([replay(0, "b")]);
  await settled();
  assert.deepEqual(
    w.tasks.calls.map(({ handler: id, call }) => [id, call.sequence, call.attempt]),
    [["b", "billing.clients/0/40", 1]],
  );
  assert.deepEqual(w.journal.ends, [[0, "delivered"]]);
});

test("a replay carries the delivery id of the first time, with a ce_id and without", async () => {
  for (const ceId of ["e-1", undefined]) {
    const options = ceId === undefined ? {} : { ceId };
    const first = world([handler("b")]);
    first.dispatcher.accept([record(40, options)]);
    await settled();
    const again = replaying([handler("b")]);
    again.dispatcher.accept([replay(7, "b", "switch", options)]);
    await settled();
    assert.equal(again.tasks.calls[0]?.call.deliveryId, first.tasks.calls[0]?.call.deliveryId);
  }
});

test("a replay that fails again is a dead letter of the original again, for the same handler", async () => {
  const w = replaying([handler("a"), handler("b")]);
  w.tasks.answer = () => Promise.resolve(rejected);
  w.dispatcher.accept([replay(0, "b")]);
  await settled();
  const [letter, ...others] = w.letters;
  assert.deepEqual(others, []);
  assert.deepEqual([letter?.handler, letter?.reason, letter?.attempts.length], ["b", "rejected", 1]);
  assert.deepEqual({ ...letter?.record, headers: { ...letter?.record.headers } }, record(40));
  assert.deepEqual(w.journal.ends, [[0, "dead-lettered"]]);
});

test("a poisoned one that reached nobody goes to every handler of the group", async () => {
  const w = replaying([handler("a", { priority: 2 }), handler("b", { priority: 1 })]);
  w.dispatcher.accept([replay(0, null)]);
  await settled();
  assert.deepEqual(
    w.tasks.calls.map(({ handler: id }) => id),
    ["b", "a"],
  );
});

test("a replay of another group, and what is no replay at all, is passed over without a call or a letter", async () => {
  const w = replaying([handler("b")]);
  w.dispatcher.accept([replay(0, "b", "other"), { ...record(1), topic: replays }]);
  await settled();
  assert.deepEqual([w.tasks.calls, w.letters], [[], []]);
  assert.deepEqual(
    w.journal.ends.map(([offset]) => offset),
    [0, 1],
  );
});

test("a replay that nobody takes any more is a dead letter again, never gone", async () => {
  const never = { source: "false", evaluate: () => ({ kind: "no-match" }) as const };
  const cases: readonly [string, readonly AfterHandler[], string, string][] = [
    ["its handler was removed", [handler("a")], "unaddressed", "b"],
    ["its handler no longer names the event", [handler("a"), handler("b", { events: [] })], "unaddressed", "b"],
    ["its handler's condition has changed", [handler("b", { condition: never })], "condition", "b"],
  ];
  for (const [what, members, reason, to] of cases) {
    const w = replaying(members);
    w.dispatcher.accept([replay(0, "b")]);
    await settled();
    assert.deepEqual(w.tasks.calls, [], what);
    assert.deepEqual(
      w.letters.map((letter) => [letter.reason, letter.handler, letter.record.topic]),
      [[reason, to, "billing.clients"]],
      what,
    );
  }
});

test("no replay is passed over for a newer event, where the handler asks for the latest, and none stands for another", async () => {
  const type = "clients.balance_zero";
  const w = replaying([handler("b", { events: [type], catchUp: "latest" })]);
  w.dispatcher.assigned([
    { topic: replays, partition: 0 },
    { topic: "billing.clients", partition: 0 },
  ]);
  w.dispatcher.accept([0, 1].map((offset) => replay(offset, "b", "switch", { type })));
  w.dispatcher.accept([50, 51].map((offset) => record(offset, { type })));
  await settled();
  assert.deepEqual(w.tasks.calls.map(({ call }) => [call.sequence, call.superseded]).toSorted(), [
    ["billing.clients/0/40", undefined],
    ["billing.clients/0/40", undefined],
    ["billing.clients/0/51", 1],
  ]);
});

test("a replay to a disabled handler waits for it", async () => {
  const w = replaying([handler("b", { status: "disabled" })]);
  w.dispatcher.accept([replay(0, "b")]);
  await settled();
  assert.deepEqual([w.tasks.calls, w.journal.ends], [[], []]);
  assert.equal(w.dispatcher.stats().heldLanes, 1);
});

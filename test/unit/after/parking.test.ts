import assert from "node:assert/strict";
import { test } from "node:test";
import type { Limits } from "../../../src/after/limits.ts";
import { ParkedKey } from "../../../src/after/parked-key.ts";
import { delivered, failed, handler, record, topic, type World, world } from "./world.ts";

const busy = failed({ kind: "status", status: 503, detail: "503" });
const limits: Partial<Limits> = {
  parkRecords: 10,
  parkSpan: 30,
  parkTries: 3,
  partitionHigh: 20,
  partitionLow: 10,
  span: 60,
};

/** A world whose handler refuses the key 7 for now. */
function sickWorld(own: Partial<Limits> = {}): World & { heal(): void } {
  const w = world([handler("h")], { ...limits, ...own });
  let well = false;
  w.tasks.answer = ({ key }) => Promise.resolve(key === "7" && !well ? busy : delivered);
  return Object.assign(w, {
    heal: () => {
      well = true;
    },
  });
}

const ofKey = (key: string, count: number, from: number) =>
  Array.from({ length: count }, (_, at) => record(from + at, { key }));
const triedOffsets = (w: World): number[] => w.tasks.calls.filter(({ key }) => key === "7").map(({ offset }) => offset);

test("a stuck key with too long a lane is parked: its facts are committed, others go on, and it returns in order", async () => {
  const w = sickWorld();
  w.dispatcher.accept(ofKey("7", 4, 0));
  await w.clock.advance(2000);
  assert.deepEqual(w.journal.parks, []);
  w.dispatcher.accept([...ofKey("7", 8, 4), record(12, { key: "8" })]);
  await w.clock.advance(3000);
  assert.deepEqual(w.journal.parks, [["7", 12, "records"]]);
  assert.equal(w.source.committed(), 13);
  assert.match(w.source.commits.at(-1)?.[0]?.metadata ?? "", /^;p1\.0\.1\.0$/);
  assert.equal(w.dispatcher.stats().parkedFacts, 12);
  // A later fact of the key goes behind it.
  w.dispatcher.accept([record(13)]);
  await w.clock.advance(1000);
  assert.equal(w.source.committed(), 14);
  w.heal();
  await w.clock.advance(600_000);
  assert.deepEqual([...new Set(triedOffsets(w))], [...Array(12).keys(), 13]);
  assert.deepEqual(w.journal.unparks, ["7"]);
  assert.equal(w.source.commits.at(-1)?.[0]?.metadata, null);
  assert.equal(w.dispatcher.idle(), true);
});

test("a key that keeps too much from being committed is parked, however few its facts are", async () => {
  const w = sickWorld();
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(500);
  for (let from = 1; from < 41; from += 10) w.dispatcher.accept(ofKey("8", 10, from));
  await w.clock.advance(2000);
  assert.deepEqual(w.journal.parks, [["7", 1, "span"]]);
  assert.equal(w.source.committed(), 41);
});

test("keys that have failed again and again are parked when their partition is full", async () => {
  const w = world([handler("h")], limits);
  w.tasks.answer = ({ key }) => Promise.resolve(key === "free" ? delivered : busy);
  w.dispatcher.accept(Array.from({ length: 20 }, (_, at) => record(at, { key: `k${at % 4}` })));
  await w.clock.advance(500);
  assert.deepEqual(w.journal.pauses, ["records"]);
  await w.clock.advance(20_000);
  assert.ok(w.journal.parks.length > 0 && w.journal.parks.every(([, , why]) => why === "full"));
  assert.equal(w.source.paused.size, 0);
  w.dispatcher.accept([record(20, { key: "free" })]);
  await w.clock.advance(1000);
  assert.equal(w.tasks.calls.filter(({ offset }) => offset === 20).length, 1);
});

test("while a handler itself is sick no key is parked for it: all of them wait", async () => {
  const w = world([handler("h")], limits);
  let calls = 0;
  w.tasks.answer = () => Promise.resolve(calls++ < 1 ? busy : failed({ kind: "breaker-open", detail: "open" }));
  w.dispatcher.accept([...ofKey("7", 12, 0), record(12, { key: "8" })]);
  await w.clock.advance(120_000);
  assert.deepEqual(w.journal.parks, []);
  assert.equal(w.source.committed(), undefined);
});

test("what waits for a disabled handler, the registry or a dead letter is not stuck, and is not parked", async () => {
  const disabled = world([handler("h", { status: "disabled" })], limits);
  disabled.dispatcher.accept(ofKey("7", 15, 0));
  const away = world([handler("h")], limits);
  away.reader.away = true;
  away.dispatcher.accept(ofKey("7", 15, 0));
  const halted = world([handler("h")], limits);
  halted.letterBox = "refusing";
  halted.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 400, detail: "400" }));
  halted.dispatcher.accept(ofKey("7", 15, 0));
  for (const w of [disabled, away, halted]) {
    await w.clock.advance(60_000);
    assert.deepEqual(w.journal.parks, []);
  }
});

test("while the parked topic cannot be written a stuck key goes on as it was, and its partition waits", async () => {
  const w = sickWorld();
  w.parkedLog.fate = () => "refused";
  w.dispatcher.accept(ofKey("7", 20, 0));
  await w.clock.advance(60_000);
  assert.deepEqual(w.journal.parks, []);
  assert.ok(w.journal.parkFailures.length > 1);
  assert.equal(w.source.paused.size, 1);
  w.parkedLog.fate = () => "written";
  await w.clock.advance(60_000);
  assert.equal(w.source.paused.size, 0);
  assert.equal(w.source.committed(), 20);
});

test("copies that retention took are a named loss, and the key goes on with what is left", async () => {
  const w = sickWorld();
  w.dispatcher.accept(ofKey("7", 12, 0));
  await w.clock.advance(3000);
  // The head is in memory; the next three copies go.
  w.parkedLog.topic.start = 5;
  w.heal();
  await w.clock.advance(600_000);
  assert.deepEqual(
    w.parkedLog.losses,
    [2, 3, 4].map((from) => ({ partition: 0, from, until: from + 1 })),
  );
  assert.deepEqual([...new Set(triedOffsets(w))], [0, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("a planned stop writes down how far a parked key has come: its successor repeats nothing", async () => {
  const w = sickWorld();
  w.dispatcher.accept(ofKey("7", 12, 0));
  await w.clock.advance(3000);
  w.heal();
  let taken = 0;
  const { answer } = w.tasks;
  w.tasks.answer = (call, signal) => (++taken > 4 ? new Promise(() => undefined) : answer(call, signal));
  await w.clock.advance(30_000);
  await w.clock.until(w.dispatcher.drain(5000));
  const [position] = w.source.commits.at(-1) ?? [];
  assert.ok(position !== undefined);

  const next = world([handler("h")], limits);
  const successor = Object.assign(next.parkedLog, { topic: w.parkedLog.topic });
  assert.ok(successor.topic.partitions[0]?.length);
  next.dispatcher.assigned([]);
  next.dispatcher.assigned([{ ...position }]);
  await next.clock.advance(10_000);
  assert.deepEqual(
    next.tasks.calls.map(({ offset }) => offset),
    [4, 5, 6, 7, 8, 9, 10, 11],
  );
  assert.equal(position.topic, topic);
});

test("who leaves the park says that its stay is over, and each stay has a number of its own", async () => {
  const w = sickWorld();
  w.dispatcher.accept(ofKey("7", 12, 0));
  await w.clock.advance(5000);
  w.heal();
  await w.clock.advance(600_000);
  assert.deepEqual(w.journal.unparks, ["7"]);
  const entries = w.parkedLog.topic.partitions.flat().map(({ entry }) => entry);
  const stays = entries.flatMap((entry) => (entry.kind === "record" ? [entry.stay] : []));
  const last = entries.at(-1);
  assert.ok(last?.kind === "settled");
  // Whoever restores the park takes no copy of this stay for parked, also one that lands after this.
  assert.deepEqual([last.laneId, new Set(stays)], ["7", new Set([last.left])]);
  assert.ok(last.left >= 0);
});

test("a partition that is paused because all handlers are disabled is not full: no key of it is parked for that", async () => {
  const w = sickWorld();
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(10_000);
  assert.ok(w.tasks.calls.length >= 3);
  w.handlers = [handler("h", { status: "disabled" })];
  w.dispatcher.handlersChanged();
  // While the turn that finds it disabled is under way, the handlers change once more.
  w.handlers = [handler("h", { status: "disabled" })];
  w.dispatcher.handlersChanged();
  await w.clock.advance(10_000);
  assert.deepEqual(w.journal.parks, []);
});

test("past the most that may be parked nothing more is: it waits at its source", async () => {
  const none = sickWorld({ parkedMost: 11 });
  none.dispatcher.accept(ofKey("7", 12, 0));
  await none.clock.advance(5000);
  assert.deepEqual(none.journal.parks, []);
  const full = sickWorld({ parkedMost: 12 });
  full.dispatcher.accept(ofKey("7", 12, 0));
  await full.clock.advance(5000);
  assert.deepEqual(full.journal.parks, [["7", 12, "records"]]);
  full.dispatcher.accept(ofKey("7", 20, 12));
  await full.clock.advance(5000);
  assert.equal(full.dispatcher.stats().parkedFacts, 12);
  assert.equal(full.source.committed(), 12);
  full.heal();
  await full.clock.advance(600_000);
  assert.deepEqual([...new Set(triedOffsets(full))], [...Array(32).keys()]);
});

test("of ends that cannot be written only so many are remembered, the newest", () => {
  const parked = new ParkedKey(1);
  for (let offset = 0; offset <= 10_000; offset++) parked.hasEnded(offset);
  assert.deepEqual([parked.unmarked.length, parked.unmarked[0], parked.unmarked.at(-1)], [10_000, 1, 10_000]);
});

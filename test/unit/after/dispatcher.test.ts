import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttemptOutcome } from "../../../src/after/ports.ts";
import { decodeSettled } from "../../../src/model/settled-map.ts";
import { settled } from "../../support/fake-clock.ts";
import { delivered, failed, handler, record, topic, world } from "./world.ts";

const at = (partition: number, metadata?: string | null) => ({
  topic,
  partition,
  ...(metadata === undefined ? {} : { metadata }),
});

/** Answers are given one by one, by offset. */
function byHand(w: ReturnType<typeof world>): (offset: number, outcome?: AttemptOutcome) => Promise<void> {
  const waiting = new Map<number, (outcome: AttemptOutcome) => void>();
  w.tasks.answer = ({ offset }, signal) =>
    new Promise((resolve) => {
      waiting.set(offset, resolve);
      signal.addEventListener("abort", () => resolve(failed({ detail: "aborted" })));
    });
  return async (offset, outcome = delivered) => {
    const answer = waiting.get(offset);
    assert.ok(answer, `offset ${offset} is not under way`);
    waiting.delete(offset);
    answer(outcome);
    await settled();
  };
}

test("the next fact of a key starts when the previous one is settled; other keys do not wait", async () => {
  const w = world();
  const answer = byHand(w);
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "a" }), record(2, { key: "b" })]);
  await settled();
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 2.1"]);
  await answer(2);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 2.1"]);
  await answer(0);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 2.1", "h 1.1"]);
});

test("null-keyed records of a partition are one lane, and the same key in two partitions is two", async () => {
  const w = world();
  byHand(w);
  w.dispatcher.accept([record(0, { key: null }), record(1, { key: null })]);
  w.dispatcher.accept([record(0, { key: null, partition: 1 })]);
  w.dispatcher.accept([record(2, { key: "x" })]);
  w.dispatcher.accept([record(1, { key: "x", partition: 1 })]);
  await settled();
  assert.deepEqual(
    w.tasks.calls.map(({ call }) => call.sequence),
    [`${topic}/0/0`, `${topic}/1/0`, `${topic}/0/2`, `${topic}/1/1`],
  );
});

test("where no handler of an event asks for order its facts do not wait for each other, and the others' do", async () => {
  const orderly = handler("orderly", { events: ["clients.delete"], priority: 20 });
  const w = world([handler("h", { events: ["clients.update", "clients.delete"], ordered: false }), orderly]);
  const answer = byHand(w);
  const both = record(3, { key: "a", type: "clients.delete" });
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "a" }), record(2, { key: null }), both]);
  w.dispatcher.accept([record(4, { key: "a", type: "clients.delete" })]);
  await settled();
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "h 2.1", "h 3.1"]);
  await answer(1);
  await answer(2);
  await w.clock.advance(200);
  assert.equal(w.source.committed(), 0, "the first one is still under way");
  await answer(0, failed());
  await answer(3);
  await answer(3);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "h 2.1", "h 3.1", "orderly 3.1", "h 4.1"]);
});

test("a handler that comes to ask for order gets it from then on", async () => {
  const w = world([handler("h", { ordered: false })]);
  const answer = byHand(w);
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "a" })]);
  await settled();
  w.handlers = [handler("h")];
  w.dispatcher.handlersChanged();
  w.dispatcher.accept([record(2, { key: "a" }), record(3, { key: "a" })]);
  await settled();
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "h 2.1"]);
  await answer(2);
  assert.equal(w.tasks.log.at(-1), "h 3.1");
});

test("a key that keeps failing holds no slot: the others go on with all of them", async () => {
  const w = world([handler("h")], { concurrency: 1 });
  w.tasks.answer = ({ key }) => Promise.resolve(key === "sick" ? failed() : delivered);
  w.dispatcher.accept([record(0, { key: "sick" }), record(1, { key: "sick" })]);
  w.dispatcher.accept(Array.from({ length: 50 }, (_, index) => record(index + 2, { key: `k${index}` })));
  await w.clock.advance(100);
  assert.equal(w.journal.ends.length, 50);
  assert.equal(w.dispatcher.stats().waitingLanes, 1);
});

test("no more facts are under way than the group's concurrency, and lanes take turns", async () => {
  const w = world([handler("h")], { concurrency: 3 });
  const answer = byHand(w);
  w.dispatcher.accept([0, 1, 2, 3, 4, 5, 6, 7].map((offset) => record(offset, { key: `k${offset % 4}` })));
  await settled();
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "h 2.1"]);
  await answer(0);
  assert.equal(w.tasks.log.at(-1), "h 3.1");
  await answer(1);
  assert.equal(w.tasks.log.at(-1), "h 4.1");
  assert.equal(w.dispatcher.stats().running, 3);
});

test("what is settled behind an unsettled fact is not committed, but kept as metadata for the next owner", async () => {
  const w = world();
  const answer = byHand(w);
  w.dispatcher.accept([10, 11, 15, 16].map((offset) => record(offset, { key: `k${offset}` })));
  await settled();
  await answer(11);
  await answer(15);
  await w.clock.advance(200);
  assert.equal(w.source.committed(), 10);
  const metadata = w.source.commits.at(-1)?.[0]?.metadata ?? "";
  assert.deepEqual(decodeSettled(metadata), { from: 10, until: 16, unsettled: [10] });

  const next = world();
  next.dispatcher.assigned([at(1), at(0, metadata)]);
  next.dispatcher.assigned([at(1)]);
  next.dispatcher.assigned([at(1), at(0, metadata)]);
  next.dispatcher.accept([10, 11, 15, 16].map((offset) => record(offset, { key: `k${offset}` })));
  await next.clock.advance(200);
  assert.deepEqual(next.tasks.log, ["h 10.1", "h 16.1"]);
  assert.equal(next.source.committed(), 17);
});

test("commits are made on a timer that runs only while something is uncommitted", async () => {
  const w = world();
  assert.equal(w.clock.pendingTimers, 0);
  w.dispatcher.accept([record(0)]);
  await settled();
  assert.equal(w.source.commits.length, 0);
  assert.equal(w.dispatcher.idle(), false);
  await w.clock.advance(200);
  assert.equal(w.source.committed(), 1);
  assert.equal(w.clock.pendingTimers, 0);
  assert.equal(w.dispatcher.idle(), true);
});

test("a refused commit is made again at the next tick", async () => {
  const w = world();
  w.source.refuse = true;
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(1000);
  assert.ok(w.dispatcher.stats().commitFailures >= 4);
  w.source.refuse = false;
  await w.clock.advance(200);
  assert.equal(w.source.committed(), 1);
  assert.equal(w.dispatcher.stats().commitFailures, 0);
});

test("after a join that keeps the partition, re-delivered offsets in flight or settled are no-ops", async () => {
  const w = world();
  const answer = byHand(w);
  const batch = [record(0, { key: "a" }), record(1, { key: "b" })];
  w.dispatcher.accept(batch);
  await settled();
  await answer(1);
  w.dispatcher.assigned([at(0)]);
  w.dispatcher.accept([...batch, record(2, { key: "c" })]);
  await settled();
  await answer(0);
  await answer(2);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "h 2.1"]);
  assert.equal(w.dispatcher.stats().repeated, 2);
  assert.equal(w.journal.ends.length, 3);
});

test("what ends after its partition was lost changes nothing, and is not committed", async () => {
  const w = world();
  let finish: (outcome: AttemptOutcome) => void = () => undefined;
  w.tasks.answer = () => new Promise((resolve) => (finish = resolve));
  w.dispatcher.accept([record(0), record(1)]);
  await settled();
  w.dispatcher.assigned([at(1)]);
  finish(delivered);
  await w.clock.advance(1000);
  assert.deepEqual(w.journal.ends, []);
  assert.deepEqual(w.source.commits, []);
  assert.deepEqual(w.tasks.log, ["h 0.1"]);
  assert.equal(w.dispatcher.stats().bytes, 0);
});

test("losing a partition aborts its calls, which count neither as failures nor as dead letters", async () => {
  const w = world([handler("h", { retry: { scheduleMs: [0], maxAgeMs: 0, jitter: 0, maxRetryAfterMs: 0 } })]);
  byHand(w);
  w.dispatcher.accept([record(0)]);
  await settled();
  w.dispatcher.assigned([]);
  await w.clock.advance(1000);
  assert.equal(w.journal.attempts.length, 0);
  assert.equal(w.letters.length, 0);
  assert.equal(w.clock.pendingTimers, 0);
});

test("a partition that comes back waits until the calls of its earlier epoch have ended", async () => {
  const w = world();
  const finish: ((outcome: AttemptOutcome) => void)[] = [];
  w.tasks.answer = () => new Promise((resolve) => finish.push(resolve));
  w.dispatcher.accept([record(0)]);
  await settled();
  w.dispatcher.assigned([]);
  w.dispatcher.assigned([at(0)]);
  w.dispatcher.accept([record(0), record(1)]);
  await settled();
  assert.equal(w.tasks.calls.length, 1, "two calls of one key at once");
  finish[0]?.(delivered);
  await settled();
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 0.1"]);
});

test("a waiting fact of a lost partition never wakes", async () => {
  const w = world();
  w.tasks.answer = () => Promise.resolve(failed());
  w.dispatcher.accept([record(0)]);
  await settled();
  w.dispatcher.assigned([at(1)]);
  assert.equal(w.clock.pendingTimers, 0);
  await w.clock.advance(3600_000);
  assert.equal(w.tasks.calls.length, 1);
  assert.equal(w.clock.pendingTimers, 0);
});

test("a partition is paused at its high mark and resumed at its low one; a join re-applies the pause", async () => {
  const w = world([handler("h")], { partitionHigh: 4, partitionLow: 2 });
  const answer = byHand(w);
  w.dispatcher.accept([0, 1, 2].map((offset) => record(offset, { key: `k${offset}` })));
  assert.deepEqual([...w.source.paused], []);
  w.dispatcher.accept([record(3, { key: "k3" })]);
  assert.deepEqual([...w.source.paused], [`${topic}/0`]);
  w.source.paused.clear();
  w.dispatcher.assigned([at(0), at(1)]);
  assert.deepEqual([...w.source.paused], [`${topic}/0`]);
  await settled();
  await answer(3);
  assert.equal(w.source.paused.size, 1);
  await answer(0);
  assert.equal(w.source.paused.size, 0);
});

test("the group's bytes pause whichever partition brings more, and all resume at the low mark", async () => {
  const w = world([handler("h")], { bytesHigh: 250_000, bytesLow: 120_000 });
  const answer = byHand(w);
  const value = "x".repeat(100_000);
  w.dispatcher.accept([record(0, { value, key: "a" }), record(1, { value, key: "b" }), record(2, { value, key: "c" })]);
  w.dispatcher.accept([record(0, { key: "d", partition: 1 })]);
  await settled();
  assert.deepEqual(w.journal.pauses, ["bytes", "bytes"]);
  await answer(2);
  assert.equal(w.source.paused.size, 2);
  await answer(1);
  assert.equal(w.source.paused.size, 0);
});

/** A group that holds three large facts, more than its share. */
async function fullShare() {
  const share = { bytes: 250_000 };
  const w = world([handler("h")], {}, () => share.bytes);
  const answer = byHand(w);
  const value = "x".repeat(100_000);
  w.dispatcher.accept([record(0, { value, key: "a" }), record(1, { value, key: "b" }), record(2, { value, key: "c" })]);
  await settled();
  return { answer, share, value, w };
}

test("a group holds no more than its share of the memory, which grows when others leave", async () => {
  const { answer, share, value, w } = await fullShare();
  assert.deepEqual(w.journal.pauses, ["bytes"]);
  await answer(2);
  assert.equal(w.source.paused.size, 1, "more than half of the share is held");
  await answer(1);
  assert.equal(w.source.paused.size, 0);
  share.bytes = 400_000;
  w.dispatcher.accept([record(3, { value, key: "d" }), record(4, { value, key: "e" })]);
  await settled();
  assert.deepEqual(w.journal.pauses, ["bytes"]);
});

test("a group that was full goes on when its share has grown, with the next event that is settled", async () => {
  const { answer, share, w } = await fullShare();
  assert.equal(w.source.paused.size, 1);
  share.bytes = 1_000_000;
  await answer(2);
  assert.equal(w.source.paused.size, 0);
});

test("a partition does not run further ahead of a stuck fact than its span", async () => {
  const w = world([handler("h")], { span: 100 });
  w.tasks.answer = ({ key, call }) => Promise.resolve(key === "sick" && call.attempt < 3 ? failed() : delivered);
  w.dispatcher.accept([record(0, { key: "sick" }), record(50, { key: "a" })]);
  await settled();
  assert.equal(w.source.paused.size, 0);
  w.dispatcher.accept([record(99, { key: "b" })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.journal.pauses, ["span"]);
  await w.clock.advance(10_000);
  assert.equal(w.source.paused.size, 0);
  assert.equal(w.source.committed(), 100);
});

test("draining lets what is under way end, abandons what waits, and commits", async () => {
  const w = world([handler("h", { priority: 1 }), handler("next", { priority: 2 })]);
  const answer = byHand(w);
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "b" }), record(2, { key: "b" })]);
  await settled();
  await answer(1, failed());
  const drained = w.dispatcher.drain(15_000);
  assert.equal(w.dispatcher.drain(1), drained, "draining twice is draining once");
  assert.equal(w.source.paused.size, 2);
  w.dispatcher.accept([record(3, { key: "c" })]);
  await settled();
  const startMs = w.clock.monotonicMs();
  await answer(0);
  await answer(0);
  assert.deepEqual(await w.clock.until(drained), { unsettled: 2, committed: true });
  assert.equal(w.clock.monotonicMs(), startMs, "the drain waited for nothing");
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1", "next 0.1"]);
  assert.equal(w.source.committed(), 1);
  assert.equal(w.clock.pendingTimers, 0);
});

test("draining ends at its deadline whatever handlers and the broker do, and repeats no more than it must", async () => {
  const w = world();
  const answer = byHand(w);
  w.source.refuse = true;
  w.dispatcher.accept([record(0, { key: "a" }), record(1, { key: "b" })]);
  await settled();
  await answer(0);
  const startMs = w.clock.monotonicMs();
  const drained = await w.clock.until(w.dispatcher.drain(4000));
  assert.deepEqual(drained, { unsettled: 1, committed: false });
  assert.ok(w.clock.monotonicMs() - startMs <= 4000);
  assert.equal(w.clock.pendingTimers, 0);
});

test("a hanging commit neither blocks the next one nor outlives the drain", async () => {
  const w = world();
  w.source.commit = () => new Promise(() => undefined);
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(12_000);
  assert.equal(w.dispatcher.stats().commitFailures, 1);
  const startMs = w.clock.monotonicMs();
  assert.equal((await w.clock.until(w.dispatcher.drain(1000))).committed, false);
  assert.ok(w.clock.monotonicMs() - startMs <= 1000);
});

test("records of a partition that is not ours are not delivered", async () => {
  const w = world();
  w.dispatcher.accept([record(0, { partition: 5 })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, []);
  assert.deepEqual(w.source.commits, []);
});

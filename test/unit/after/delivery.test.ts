import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultRetryPolicy } from "../../../src/model/retry-policy.ts";
import { settled } from "../../support/fake-clock.ts";
import { delivered, failed, handler, record, world } from "./world.ts";

const hour = 3600_000;
const day = 24 * hour;

test("handlers of a group run by priority, the next once the previous one's delivery has ended", async () => {
  const w = world([handler("b", { priority: 2 }), handler("c", { priority: 1 }), handler("a", { priority: 2 })]);
  let tries = 0;
  w.tasks.answer = ({ handler: id }) => Promise.resolve(id === "a" && ++tries < 3 ? failed() : delivered);
  w.dispatcher.accept([record(4)]);
  await w.clock.advance(60_000);
  assert.deepEqual(w.tasks.log, ["c 4.1", "a 4.1", "a 4.2", "a 4.3", "b 4.1"]);
  assert.deepEqual(w.journal.ends, [[4, "delivered"]]);
  assert.equal(w.source.committed(), 5);
});

test("a failed attempt is repeated after the waits of the policy, under the same delivery id", async () => {
  const w = world();
  w.tasks.answer = ({ call }) => Promise.resolve(call.attempt < 5 ? failed({ kind: "timeout" }) : delivered);
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(3600_000);
  const startMs = w.tasks.calls[0]!.atMs;
  assert.deepEqual(
    w.tasks.calls.map(({ atMs }) => atMs - startMs),
    [0, 1000, 6000, 36_000, 156_000],
  );
  assert.equal(new Set(w.tasks.calls.map(({ call }) => call.deliveryId)).size, 1);
  assert.deepEqual(
    w.journal.attempts.map(({ retryInMs }) => retryInMs),
    [1000, 5000, 30_000, 120_000, null],
  );
});

test("Retry-After lengthens a wait, up to the policy's bound", async () => {
  const w = world();
  const asked = [7000, 10 * 3600_000];
  w.tasks.answer = ({ call }) => {
    const retryAfterMs = asked[call.attempt - 1];
    return Promise.resolve(
      retryAfterMs === undefined ? delivered : failed({ kind: "status", status: 429, retryAfterMs }),
    );
  };
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(2 * 3600_000);
  const startMs = w.tasks.calls[0]!.atMs;
  assert.deepEqual(
    w.tasks.calls.map(({ atMs }) => atMs - startMs),
    [0, 7000, 7000 + 3600_000],
  );
});

test("a delivery that fails until its greatest age is dead-lettered with its last 20 attempts, the last one at that age", async () => {
  const w = world();
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 503, detail: "503" }));
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(2 * day);
  const [letter] = w.letters;
  assert.equal(letter?.reason, "too-old");
  assert.equal(letter.handler, "h");
  assert.equal(w.tasks.calls.at(-1)!.atMs - w.tasks.calls[0]!.atMs, day);
  assert.ok(w.tasks.calls.length > 15);
  assert.deepEqual(
    letter.attempts.map(({ number }) => number),
    w.tasks.calls.map(({ call }) => call.attempt).slice(-20),
  );
  assert.deepEqual(w.journal.ends, [[0, "dead-lettered"]]);
  assert.equal(w.source.committed(), 1);
});

test("what a handler returned is not kept with the attempts: a fact may wait for a day with twenty of them", async () => {
  const w = world();
  const response = "x".repeat(8192);
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 503, detail: "503", response }));
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(2 * day);
  const [letter] = w.letters;
  assert.ok(letter !== undefined && letter.attempts.length > 15);
  assert.ok(letter.attempts.every(({ failure }) => failure.detail === "503" && !("response" in failure)));
});

test("a refused event is dead-lettered at once, and the group's next handler still gets it", async () => {
  const w = world([handler("first", { priority: 1 }), handler("second", { priority: 2 })]);
  w.tasks.answer = ({ handler: id }) =>
    Promise.resolve(id === "first" ? failed({ kind: "status", status: 410, detail: "410" }) : delivered);
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["first 0.1", "second 0.1"]);
  assert.deepEqual(
    w.letters.map(({ reason, handler: id }) => [reason, id]),
    [["gone", "first"]],
  );
  assert.deepEqual(w.journal.ends, [[0, "dead-lettered"]]);
});

test("what can never be read is dead-lettered without a call", async () => {
  const w = world();
  w.dispatcher.accept([record(0, { value: "poison" }), record(1, { type: null }), record(2)]);
  await w.clock.advance(1000);
  assert.deepEqual(
    w.letters.map(({ reason, handler: id, attempts }) => [reason, id, attempts.length]),
    [
      ["undecodable", null, 0],
      ["missing-header", null, 0],
    ],
  );
  assert.deepEqual(w.tasks.log, ["h 2.1"]);
});

test("tombstones and events that no handler names are settled and counted without being read", async () => {
  const w = world();
  w.dispatcher.accept([record(0, { value: null }), record(1, { type: "vendor.thing" })]);
  await w.clock.advance(1000);
  assert.deepEqual(w.journal.ends, [
    [0, "tombstone"],
    [1, "unmatched"],
  ]);
  assert.equal(w.reader.reads, 0);
  assert.equal(w.source.committed(), 2);
});

test("an event whose condition does not match is unmatched; one on which it fails is dead-lettered", async () => {
  const kinds = ["no-match", "error", "match"] as const;
  let at = 0;
  const condition = {
    source: "data.credit > 1",
    evaluate: () => {
      const kind = kinds[at++]!;
      return kind === "error" ? { kind, detail: "no such field" } : { kind };
    },
  };
  const w = world([handler("h", { condition })]);
  w.dispatcher.accept([record(0), record(1), record(2)]);
  await w.clock.advance(1000);
  assert.deepEqual(w.journal.ends, [
    [0, "unmatched"],
    [1, "dead-lettered"],
    [2, "delivered"],
  ]);
  assert.equal(w.letters[0]?.reason, "condition");
  assert.deepEqual(w.tasks.log, ["h 2.1"]);
});

test("while the registry is away nothing is skipped: the record is read again until it can be", async () => {
  const w = world();
  w.reader.away = true;
  w.dispatcher.accept([record(0), record(1)]);
  await w.clock.advance(60_000);
  assert.ok(w.journal.unreads.length > 10);
  assert.equal(w.source.committed(), undefined);
  w.reader.away = false;
  await w.clock.advance(10_000);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 1.1"]);
  assert.equal(w.source.committed(), 2);
});

test("nothing is settled while the dead letter cannot be written, and it is tried for ever", async () => {
  const w = world();
  w.letterBox = "refusing";
  w.tasks.answer = ({ offset }) => Promise.resolve(offset === 0 ? failed({ kind: "status", status: 400 }) : delivered);
  w.dispatcher.accept([record(0), record(1), record(2, { key: "8" })]);
  await w.clock.advance(2 * day);
  assert.ok(w.journal.halts.length > 1000);
  assert.equal(w.dispatcher.stats().haltedLanes, 1);
  assert.equal(w.source.committed(), 0);
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 2.1"]);
  w.letterBox = "open";
  await w.clock.advance(60_000);
  assert.deepEqual(
    w.letters.map(({ record: { offset } }) => offset),
    [0],
  );
  assert.deepEqual(w.tasks.log, ["h 0.1", "h 2.1", "h 1.1"]);
  assert.equal(w.source.committed(), 3);
});

test("a dead letter that is never acknowledged is tried again after its time", async () => {
  const w = world([handler("h")], { writeTimeoutMs: 5000 });
  w.letterBox = "hanging";
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 400 }));
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(5000);
  assert.deepEqual(w.journal.halts, [1]);
  assert.deepEqual(w.journal.ends, []);
  w.letterBox = "open";
  await w.clock.advance(30_000);
  assert.deepEqual(w.journal.ends, [[0, "dead-lettered"]]);
});

test("a call that was not made (breaker open) costs no attempt and never ages into a dead letter", async () => {
  const w = world([handler("h", { retry: { ...defaultRetryPolicy, jitter: 0, maxAgeMs: 1000 } })]);
  let open = true;
  w.tasks.answer = () => Promise.resolve(open ? failed({ kind: "breaker-open", retryAfterMs: 4000 }) : delivered);
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(hour);
  open = false;
  await w.clock.advance(5000);
  assert.deepEqual(new Set(w.tasks.calls.map(({ call }) => call.attempt)), new Set([1]));
  assert.ok(Math.abs(w.tasks.calls.length - hour / 4000) < 10);
  assert.deepEqual(w.journal.ends, [[0, "delivered"]]);
});

test("a disabled handler spends no attempt and loses nothing: its facts wait until the handlers change", async () => {
  const first = handler("first", { priority: 1 });
  const second = handler("second", { priority: 2, status: "disabled" });
  const w = world([first, second]);
  w.dispatcher.accept([record(0), record(1), record(2, { type: "clients.archive" })]);
  await w.clock.advance(day);
  assert.deepEqual(w.tasks.log, ["first 0.1"]);
  assert.equal(w.dispatcher.stats().heldLanes, 1);
  assert.equal(w.source.committed(), 0);
  w.handlers = [first, { ...second, status: "enabled" }];
  w.dispatcher.handlersChanged();
  await w.clock.advance(1000);
  assert.deepEqual(w.tasks.log, ["first 0.1", "second 0.1", "first 1.1", "second 1.1"]);
  assert.equal(w.source.committed(), 3);
});

test("each fact meets the handlers of its own turn; an archived one is passed over", async () => {
  const w = world();
  w.tasks.answer = ({ handler: id }) => Promise.resolve(id === "h" ? failed() : delivered);
  w.dispatcher.accept([record(0), record(1)]);
  await w.clock.advance(10);
  w.handlers = [handler("h", { status: "archived" }), handler("other", { priority: 99 })];
  await w.clock.advance(5000);
  assert.deepEqual(w.tasks.log, ["h 0.1", "other 0.1", "other 1.1"]);
});

test("the delivery id is the same on every instance and for a fact written twice, and another for another handler", async () => {
  const ids = async (offset: number, ceId: string | undefined): Promise<string[]> => {
    const w = world([handler("a"), handler("b")]);
    w.dispatcher.accept([record(offset, ceId === undefined ? {} : { ceId })]);
    await settled();
    return w.tasks.calls.map(({ call }) => call.deliveryId);
  };
  const [a, b] = await ids(3, "e-1");
  assert.notEqual(a, b);
  assert.match(a!, /^msg_[\w-]{43}$/);
  assert.deepEqual(await ids(9, "e-1"), [a, b]);
  assert.notDeepEqual(await ids(3, "e-2"), [a, b]);
  assert.deepEqual(await ids(3, undefined), await ids(3, undefined));
  assert.notDeepEqual(await ids(3, undefined), await ids(4, undefined));
});

test("a delivery reports its delay from the event's own time", async () => {
  const w = world();
  w.tasks.answer = ({ call }) => Promise.resolve(call.attempt === 1 ? failed() : delivered);
  w.dispatcher.accept([record(0, { timestampMs: w.clock.epochMs() - 250 })]);
  await w.clock.advance(10_000);
  assert.deepEqual(
    w.journal.attempts.map(({ delayMs, outcome }) => [outcome.kind, delayMs]),
    [
      ["failure", 250],
      ["delivered", 1250],
    ],
  );
});

test("a defect while delivering never gives the fact up", async () => {
  const w = world();
  let broken = true;
  w.tasks.answer = () => (broken ? Promise.reject(new TypeError("boom")) : Promise.resolve(delivered));
  w.dispatcher.accept([record(0)]);
  await w.clock.advance(20_000);
  assert.deepEqual(w.journal.ends, []);
  broken = false;
  await w.clock.advance(5000);
  assert.deepEqual(w.journal.ends, [[0, "delivered"]]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";
import { encodeSettled } from "../../../src/model/settled-map.ts";
import { type HandOverOptions, handOver } from "../../../src/operations/hand-over.ts";
import { settledBy } from "../../../src/operations/replay-outcome.ts";
import { readsReplays } from "../../../src/operations/replay-ready.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { filed, going } from "./letters.ts";

function world(options: Partial<HandOverOptions> = {}) {
  const clock = new FakeClock();
  const sent: { readonly record: OutboundRecord; readonly atMs: number }[] = [];
  const stop = new AbortController();
  const progress: string[] = [];
  const all: HandOverOptions = {
    producer: {
      send(record) {
        sent.push({ record, atMs: clock.monotonicMs() });
        return Promise.resolve({ partition: 1, offset: 100 + sent.length });
      },
    },
    topic: "billing.replays",
    read: ({ partition, offset }) => Promise.resolve(filed(`${partition}/${offset}`)),
    rate: 10,
    signal: stop.signal,
    clock,
    onProgress: ({ done, gone }) => void progress.push(`${done}/${gone}`),
    ...options,
  };
  return { clock, sent, stop, progress, all, startMs: clock.monotonicMs() };
}

const letters = [0, 1, 2, 3].map((offset) => going(`0/${offset}`, "a", offset));

test("letters go one after another, no faster than the rate, and it says how far it is", async () => {
  const w = world();
  const done = handOver(letters, w.all);
  await w.clock.advance(50);
  assert.equal(w.sent.length, 1);
  await w.clock.advance(1000);
  const { handedOver, left, gone } = await done;
  assert.deepEqual(
    w.sent.map(({ atMs }) => atMs - w.startMs),
    [0, 100, 200, 300],
  );
  assert.deepEqual([handedOver.length, left.length, gone], [4, 0, 0]);
  assert.deepEqual(handedOver[1], { letter: letters[1], to: { partition: 1, offset: 102 } });
  assert.deepEqual(w.progress, ["1/0", "2/0", "3/0", "4/0"]);
  assert.equal(w.sent[0]?.record.topic, "billing.replays");
});

test("a slow broker slows it down; what was missed is not made up for by a burst past the rate", async () => {
  const w = world();
  const send = (record: OutboundRecord) =>
    new Promise<{ partition: number; offset: number }>((resolve) => {
      w.sent.push({ record, atMs: w.clock.monotonicMs() });
      w.clock.after(w.sent.length === 1 ? 250 : 0, () => resolve({ partition: 0, offset: 0 }));
    });
  const done = handOver(letters, { ...w.all, producer: { send } });
  await w.clock.advance(2000);
  await done;
  const times = w.sent.map(({ atMs }) => atMs - w.startMs);
  for (const [at, ms] of times.entries()) if (at > 0) assert.ok(ms - (times[at - 1] ?? 0) >= 100, times.join());
});

test("stopped between two letters it says which are left, and sends no more", async () => {
  const w = world();
  const done = handOver(letters, w.all);
  await w.clock.advance(150);
  w.stop.abort();
  const { handedOver, left } = await done;
  assert.equal(handedOver.length, 2);
  assert.deepEqual(left, letters.slice(2));
  await w.clock.advance(1000);
  assert.equal(w.sent.length, 2);
});

test("a letter that retention took since is counted, and the others go", async () => {
  const read: HandOverOptions["read"] = ({ offset }) => Promise.resolve(offset === 1 ? null : filed(`0/${offset}`));
  const w = world({ read });
  const done = handOver(letters, w.all);
  await w.clock.advance(1000);
  const { handedOver, gone } = await done;
  assert.deepEqual([handedOver.length, gone], [3, 1]);
});

test("a letter that cannot be written ends it with that error: none after it overtakes it", async () => {
  const producer = { send: () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away")) };
  const w = world({ producer });
  await assert.rejects(handOver(letters, w.all), /away/);
  assert.deepEqual(w.progress, []);
});

test("a commit tells which replays are settled: those before its position, and those that its map names", () => {
  const before = settledBy({ offset: 5, metadata: null });
  assert.deepEqual([4, 5, 6].map(before), [true, false, false]);
  assert.equal(settledBy({ offset: null, metadata: null })(0), false);
  const map = encodeSettled(5, 9, [5, 7]);
  assert.deepEqual([4, 5, 6, 7, 8, 9].map(settledBy({ offset: 5, metadata: map })), [
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
  assert.ok(![4, 5, 6].some(settledBy({ offset: 5, metadata: `${map};p1.2.3.4` })), "one of them may be parked");
  assert.equal(settledBy({ offset: 5, metadata: "of another program" })(6), false);
});

test("a group reads replays if a member subscribes to them, or nobody can tell", () => {
  const member = (...topics: string[]) => ({ clientId: "bridge", host: "127.0.0.1", topics });
  const reads = (...members: ReturnType<typeof member>[]) => readsReplays({ members }, "billing.replays");
  assert.ok(reads(member("billing.clients"), member("billing.clients", "billing.replays")));
  assert.ok(reads(member()), "it rebalances");
  assert.ok(!reads());
  assert.ok(!reads(member("billing.clients")), "a version that knows no replays");
});

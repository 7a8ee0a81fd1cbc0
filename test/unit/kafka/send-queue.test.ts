import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Queued, SendQueue, sizeOf } from "../../../src/kafka/produce/send-queue.ts";

const largestBatch = 512 * 1024;

function queued(topic: string, bytes: number, giveUpAtMs = Infinity, key: string | null = null): Queued {
  const nothing = (): void => undefined;
  const record = { topic, key, value: Buffer.alloc(bytes), headers: {} };
  return {
    record,
    bytes: sizeOf(record),
    giveUpAtMs,
    resolve: nothing,
    reject: nothing,
  };
}

const items = fc.array(
  fc.record({
    topic: fc.constantFrom("a", "b"),
    bytes: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 100_000, max: 700_000 })),
  }),
  { maxLength: 60 },
);

test("every record leaves the queue exactly once and in order, in batches that are never empty nor over a topic's bytes", () => {
  fc.assert(
    fc.property(items, (list) => {
      const queue = new SendQueue(10_000, Infinity);
      const all = list.map(({ topic, bytes }) => queued(topic, bytes));
      for (const item of all) assert.equal(queue.add(item), true);
      const taken: Queued[] = [];
      while (queue.size > 0) {
        const batch = queue.take();
        assert.notEqual(batch.length, 0);
        for (const topic of ["a", "b"]) {
          const own = batch.filter(({ record }) => record.topic === topic);
          const bytes = own.reduce((sum, { record }) => sum + sizeOf(record), 0);
          assert.ok(bytes <= largestBatch || (own.length === 1 && batch.length === 1), `${bytes} bytes of ${topic}`);
        }
        taken.push(...batch);
      }
      assert.deepEqual(taken, all);
    }),
    { numRuns: 60 },
  );
});

test("a queue holds no more records and bytes than its bounds, whatever is added, taken and given up", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), bytes: fc.integer({ min: 0, max: 3000 }), dies: fc.boolean() }),
    fc.record({ kind: fc.constantFrom("take" as const, "overdue" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new SendQueue(5, 4000);
      let model: Queued[] = [];
      const bytes = (): number => model.reduce((sum, { record }) => sum + sizeOf(record), 0);
      for (const one of steps) {
        if (one.kind === "add") {
          const item = queued("a", one.bytes, one.dies ? 1 : Infinity);
          const fits = model.length === 0 || (model.length < 5 && bytes() + sizeOf(item.record) <= 4000);
          assert.equal(queue.add(item), fits);
          if (fits) model.push(item);
        } else if (one.kind === "take") {
          const batch = queue.take();
          assert.deepEqual(batch, model.splice(0, batch.length));
        } else {
          assert.deepEqual(
            queue.takeOverdue(1),
            model.filter(({ giveUpAtMs }) => giveUpAtMs === 1),
          );
          model = model.filter(({ giveUpAtMs }) => giveUpAtMs !== 1);
        }
        assert.equal(queue.size, model.length);
      }
    }),
  );
});

test("no batch is longer than 2,000 records", () => {
  const queue = new SendQueue(10_000, Infinity);
  for (let index = 0; index < 5000; index++) queue.add(queued("a", 0));
  assert.deepEqual([queue.take().length, queue.take().length, queue.take().length], [2000, 2000, 1000]);
});

test("keys count in bytes, not in characters", () => {
  assert.equal(sizeOf(queued("a", 0, 0, "é").record) - sizeOf(queued("a", 0, 0, "").record), 2);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LogRange } from "../../../src/kafka/consume/log-reader.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import { findNewerEvents } from "../../../src/operations/newer-events.ts";
import type { Replayable } from "../../../src/operations/replay-plan.ts";
import { going } from "./letters.ts";

/** A partition with one record an offset, of these keys; counts what is read of it. */
class Log {
  read = 0;
  readonly #keys: readonly (string | null)[];

  constructor(keys: readonly (string | null)[]) {
    this.#keys = keys;
  }

  find(letters: readonly Replayable[], mostRecords = 1000) {
    const reader = { read: (range: LogRange) => this.#range(range) };
    return findNewerEvents(reader, letters, { endOf: () => this.#keys.length, mostRecords });
  }

  async *#range({ from, until, topic, partition }: LogRange) {
    for (let offset = from; offset < until; offset++) {
      this.read++;
      const key = this.#keys[offset] ?? null;
      const record: InboundRecord = {
        topic,
        partition,
        offset,
        timestampMs: 0,
        key: key === null ? null : Buffer.from(key),
        value: null,
        headers: { ce_type: Buffer.from(`type.${offset}`) },
      };
      await Promise.resolve();
      yield [record];
    }
  }
}

test("a newer event of the key is found, and which one it is", async () => {
  const letter = going("0/0", "a", 1);
  assert.deepEqual(await new Log(["a", "a", "b", "a", "a"]).find([letter]), [
    { letter, newer: { offset: 3, type: "type.3" } },
  ]);
});

test("events of other keys, older ones and those that go back as well are no reason to warn", async () => {
  assert.deepEqual(await new Log(["a", "a", "b", null]).find([going("0/0", "a", 1)]), []);
  assert.deepEqual(
    await new Log(["a", "a", "a"]).find([going("0/0", "a", 0), going("0/1", "a", 1), going("0/2", "a", 2)]),
    [],
  );
});

test("what goes back to another handler does not excuse: this one has it", async () => {
  const letters = [going("0/0", "a", 0), going("0/1", "a", 1, { handler: "erp" })];
  const found = await new Log(["a", "a"]).find(letters);
  assert.deepEqual(
    found.map(({ letter }) => letter.at.offset),
    [0],
  );
});

test("records without a key have no order to break, and nothing is read for them", async () => {
  const log = new Log([null, null, null]);
  assert.deepEqual(await log.find([going("0/0", null, 0)]), []);
  assert.equal(log.read, 0);
});

test("it reads no further than until all is known", async () => {
  const log = new Log(["a", "a", ...Array<string>(500).fill("b")]);
  await log.find([going("0/0", "a", 0)]);
  assert.equal(log.read, 1);
});

test("past its bound it does not look, and says that it does not know", async () => {
  const letter = going("0/0", "a", 0);
  const log = new Log(["a", ...Array<string>(50).fill("b"), "a"]);
  assert.deepEqual(await log.find([letter], 10), [{ letter, newer: null }]);
  assert.equal(log.read, 10);
});

test("it agrees with looking at everything", async () => {
  const key = fc.constantFrom("a", "b", null);
  await fc.assert(
    fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(11)), async (keys, offsets) => {
      const own = [...new Set(offsets)].filter((offset) => offset < keys.length);
      const letters = own.map((offset) => going(`0/${offset}`, keys[offset] ?? null, offset));
      const expected = letters.filter(
        ({ record }) =>
          record.key !== null &&
          keys.some((other, at) => other === record.key && at > record.offset && !own.includes(at)),
      );
      const found = await new Log(keys).find(letters);
      assert.deepEqual(new Set(found.map(({ letter }) => letter)), new Set(expected));
    }),
  );
});

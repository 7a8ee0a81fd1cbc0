import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planReplay, type Replayable, replayable } from "../../../src/operations/replay-plan.ts";
import { filed, going, letter } from "./letters.ts";

const some: fc.Arbitrary<Replayable[]> = fc.array(
  fc
    .record({
      key: fc.constantFrom("1", "2", null),
      offset: fc.nat(6),
      atMs: fc.nat(5),
      at: fc.nat(30),
      group: fc.constantFrom("main", "other"),
      handler: fc.constantFrom("crm", "erp", null),
    })
    .map(({ key, offset, atMs, at, group, handler }) => going(`0/${at}`, key, offset, { atMs, group, handler })),
);

test("a key's events go in the order of their offsets, whenever their letters were written", () => {
  fc.assert(
    fc.property(some, (found) => {
      const { letters } = planReplay(found);
      for (const own of Map.groupBy(letters, ({ record }) => record.key).values()) {
        const offsets = own.map(({ record }) => record.offset);
        assert.deepEqual(
          offsets,
          [...offsets].sort((left, right) => left - right),
        );
      }
    }),
  );
});

test("each delivery goes once, by its newest letter; none is left out, and all are accounted for", () => {
  const delivery = ({ group, handler, record }: Replayable) => JSON.stringify([group, handler, record.offset]);
  fc.assert(
    fc.property(some, (found) => {
      const { letters, superseded } = planReplay(found);
      assert.equal(letters.length + superseded, found.length);
      assert.deepEqual(new Set(letters.map(delivery)), new Set(found.map(delivery)));
      assert.equal(new Set(letters.map(delivery)).size, letters.length);
      for (const one of letters) {
        const others = found.filter((other) => delivery(other) === delivery(one));
        assert.equal(one.at.offset, Math.max(...others.map(({ at }) => at.offset)));
      }
    }),
  );
});

test("of different keys the oldest letter goes first", () => {
  const found = [
    going("0/1", "1", 9, { atMs: 5 }),
    going("0/2", "2", 3, { atMs: 1 }),
    going("0/3", null, 1, { atMs: 3 }),
  ];
  const order = planReplay(found).letters.map(({ record }) => record.offset);
  assert.deepEqual(order, [3, 1, 9]);
});

test("a letter is planned without its bytes; a gap, which holds none, not at all", () => {
  const { at, handler, record, deadAtMs } = replayable(filed("3/17")) ?? assert.fail();
  assert.deepEqual(
    [at, handler, record.key, deadAtMs],
    [{ partition: 3, offset: 17 }, "crm", "12", Date.UTC(2026, 10, 17, 8)],
  );
  assert.equal(replayable(filed("3/17", letter({ reason: "gap" }, { value: null }))), null);
});

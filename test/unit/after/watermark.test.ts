import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeSettled, encodeSettled, longestMetadata } from "../../../src/model/settled-map.ts";
import { type Unsettled, Watermark } from "../../../src/model/watermark.ts";

interface Entry extends Unsettled<Entry> {
  readonly offset: number;
}
const entry = (offset: number): Entry => ({ offset, older: null, newer: null });

/** Strictly ascending offsets, with gaps. */
const offsets = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
  .chain((steps) =>
    fc.integer({ min: 0, max: 2 ** 40 }).map((start) => {
      let at = start;
      return steps.map((step) => (at += step));
    }),
  );

test("the position is the first unsettled delivered offset, whatever is settled in whatever order", () => {
  fc.assert(
    fc.property(offsets, fc.infiniteStream(fc.nat()), (all, dice) => {
      const watermark = new Watermark<Entry>();
      const open: Entry[] = [];
      const waiting = [...all];
      let last = -1;
      while (waiting.length > 0 || open.length > 0) {
        const roll = Number(dice.next().value);
        if (waiting.length > 0 && (roll % 2 === 0 || open.length === 0)) {
          const offset = waiting.shift()!;
          assert.equal(watermark.knows(offset), false);
          if (roll % 6 === 0) watermark.skip(offset);
          else {
            open.push(entry(offset));
            watermark.add(open.at(-1)!);
          }
          assert.equal(watermark.knows(offset), true);
        } else {
          watermark.settle(open.splice((roll >> 1) % open.length, 1)[0]!);
        }
        const newest = all[all.length - waiting.length - 1]!;
        const expected = open.length === 0 ? newest + 1 : Math.min(...open.map(({ offset }) => offset));
        assert.equal(watermark.position(), expected);
        assert.equal(watermark.unsettled, open.length);
        assert.equal(watermark.oldest?.offset ?? newest + 1, expected);
        assert.ok(expected >= last, "the position went back");
        last = expected;
      }
    }),
  );
});

test("nothing is committed before anything was delivered", () => {
  assert.equal(new Watermark().position(), null);
  assert.equal(new Watermark().metadata(), null);
});

test("after a restart exactly the settled offsets count as settled before", () => {
  fc.assert(
    fc.property(offsets, fc.infiniteStream(fc.boolean()), (all, dice) => {
      const watermark = new Watermark<Entry>();
      const entries = all.map(entry);
      for (const one of entries) watermark.add(one);
      const settled = new Set<number>();
      for (const one of entries) {
        if (dice.next().value !== true) continue;
        watermark.settle(one);
        settled.add(one.offset);
      }
      const position = watermark.position();
      const restarted = new Watermark<Entry>(watermark.metadata());
      for (const offset of all) {
        if (offset < (position ?? 0)) continue;
        assert.equal(restarted.settledBefore(offset), settled.has(offset), `offset ${offset}`);
        restarted.skip(offset);
      }
    }),
  );
});

test("1,000 unsettled of 10,000 offsets fit into a third of the metadata", () => {
  const unsettled = Array.from({ length: 1000 }, (_, index) => 5_000_000_000 + index * 10);
  const text = encodeSettled(5_000_000_000, 5_000_010_000, unsettled);
  assert.ok(text.length < 1400, `${text.length} bytes`);
  assert.deepEqual(decodeSettled(text)?.unsettled, unsettled);
});

test("what does not fit into the metadata is forgotten as unsettled, never as settled", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1500, maxLength: 6000, size: "max" }),
      fc.integer({ min: 0, max: 2 ** 50 }),
      (steps, from) => {
        let at = from;
        const unsettled = [from, ...steps.map((step) => (at += step))];
        const text = encodeSettled(from, at + 10, unsettled);
        assert.ok(text.length <= longestMetadata);
        const map = decodeSettled(text);
        assert.ok(map !== null && map.from === from && map.until <= at + 10);
        assert.deepEqual(
          map.unsettled,
          unsettled.filter((offset) => offset < map.until),
        );
      },
    ),
    { numRuns: 20 },
  );
});

test("foreign or damaged metadata means that nothing is known, and costs no memory", () => {
  assert.equal(decodeSettled(""), null);
  assert.equal(decodeSettled("consumer-7"), null);
  // A run of 2^40 offsets: more than any map may speak of.
  const huge = [128, 128, 128, 128, 128, 32];
  assert.equal(decodeSettled(`s1.${Buffer.from([0, ...huge, 1, ...huge]).toString("base64url")}`), null);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const map = decodeSettled(`s1.${Buffer.from(bytes).toString("base64url")}`);
      if (map === null) return;
      assert.ok(map.from <= map.until);
      for (const offset of map.unsettled) assert.ok(offset >= map.from && offset < map.until);
    }),
    { numRuns: 1000 },
  );
});

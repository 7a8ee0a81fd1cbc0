import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Slots } from "../../../src/tasks/slots.ts";

test("slots hold what was added and not removed, as a set does", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(null), fc.nat()), { maxLength: 100 }), (steps) => {
      const slots = new Slots<object>();
      const held = new Map<object, number>();
      for (const step of steps) {
        const one = [...held.keys()][step === null ? -1 : step % (held.size + 1)];
        if (one === undefined) {
          const added = {};
          held.set(added, slots.add(added));
        } else {
          slots.remove(held.get(one) ?? -1);
          held.delete(one);
        }
        assert.equal(slots.size, held.size);
        assert.deepEqual(new Set(slots.all()), new Set(held.keys()));
        assert.equal(slots.all().length, held.size);
      }
    }),
  );
});

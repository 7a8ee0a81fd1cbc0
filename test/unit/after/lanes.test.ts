import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { factOf } from "../../../src/after/fact.ts";
import { FactList } from "../../../src/after/fact-list.ts";
import { Lane, ReadyLanes } from "../../../src/after/lane.ts";
import { OffsetQueue } from "../../../src/after/offset-queue.ts";
import { record } from "./world.ts";

/** The lists that hold order, against plain arrays. */

const numRuns = 300;
const fact = (offset: number) => factOf(record(offset), { kind: "admitted", eventId: "x.y", type: "x.y" });

test("a lane's facts leave it in the order in which they came, also where the last was replaced", () => {
  const step = fc.constantFrom("push", "push", "shift", "replace");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const list = new FactList();
      const model: number[] = [];
      for (const [offset, how] of steps.entries()) {
        if (how === "push") {
          list.push(fact(offset));
          model.push(offset);
        } else if (how === "shift") assert.equal(list.shift()?.offset, model.shift());
        else {
          list.replaceLast(fact(offset));
          model.splice(-1, 1, offset);
        }
        assert.deepEqual(
          [...list].map((one) => one.offset),
          model,
        );
        assert.deepEqual([list.first?.offset, list.last?.offset, list.count], [model[0], model.at(-1), model.length]);
      }
    }),
    { numRuns },
  );
});

test("lanes become ready and take their turns in one order, each once", () => {
  const step = fc.constantFrom("push", "push", "shift", "keep");
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60, size: "max" }), (steps) => {
      const ready = new ReadyLanes<boolean>();
      let model: Lane<boolean>[] = [];
      for (const [how, owned] of steps) {
        const lane = new Lane<boolean>(owned, null, null);
        if (how === "push") {
          ready.push(lane);
          model.push(lane);
        } else if (how === "shift") assert.equal(ready.shift(), model.shift() ?? null);
        else {
          ready.keep(({ home }) => home);
          model = model.filter(({ home }) => home);
        }
        assert.equal(ready.first, model[0] ?? null);
      }
    }),
    { numRuns },
  );
});

test("a queue of offsets is an array that is eaten from the front", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(), fc.constant(null)), { maxLength: 80, size: "max" }), (steps) => {
      const queue = new OffsetQueue();
      const model: number[] = [];
      for (const offset of steps) {
        if (offset === null) {
          queue.shift();
          model.shift();
        } else {
          queue.push(offset);
          model.push(offset);
        }
        assert.deepEqual([queue.size, queue.first, queue.peek(3)], [model.length, model[0], model.slice(0, 3)]);
      }
    }),
    { numRuns },
  );
});

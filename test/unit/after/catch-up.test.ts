import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FactEnd } from "../../../src/after/ports.ts";
import type { AfterHandler } from "../../../src/model/handler.ts";
import { settled } from "../../support/fake-clock.ts";
import { delivered, failed, handler, type RecordOptions, record, world } from "./world.ts";

const zero = "clients.balance_zero";
const notzero = "clients.balance_notzero";
const balance = (id: string, more: Partial<AfterHandler> = {}): AfterHandler =>
  handler(id, { events: [zero, notzero], catchUp: "latest", ...more });
const of = (offset: number, key: string | null, type = zero, more: RecordOptions = {}) =>
  record(offset, { key, type, ...more });

const shown = (w: ReturnType<typeof world>): string[] =>
  w.tasks.calls.map(({ handler: id, offset, call }) => `${id} ${offset} +${call.superseded ?? 0}`);

test("after an outage a handler gets the newest balance of each client, with the count of those it stands for", async () => {
  const w = world([balance("h")]);
  w.tasks.answer = () => Promise.resolve(failed({ kind: "breaker-open", retryAfterMs: 60_000 }));
  w.dispatcher.accept([of(0, "a"), of(1, "b")]);
  await settled();
  for (let offset = 2; offset < 100; offset++) {
    w.dispatcher.accept([of(offset, offset % 2 === 0 ? "a" : "b", offset % 3 === 0 ? zero : notzero)]);
  }
  await w.clock.advance(1000);
  assert.equal(w.dispatcher.stats().unsettled, 2, "nothing else of it is held");
  assert.equal(w.source.committed(), 98);
  w.tasks.calls.length = 0;
  w.tasks.answer = () => Promise.resolve(delivered);
  await w.clock.advance(80_000);
  assert.deepEqual(shown(w), ["h 98 +49", "h 99 +49"]);
  assert.equal(w.source.committed(), 100);
  assert.equal(w.journal.ends.filter(([, end]) => end === "superseded").length, 98);
});

test("what a bridge finds when it comes back is passed over before anything is delivered", async () => {
  const w = world([balance("h")]);
  w.dispatcher.accept([0, 1, 2, 3].map((offset) => of(offset, "a")));
  await settled();
  assert.deepEqual(shown(w), ["h 3 +3"]);
});

test("an event that is being delivered is not taken back, nor one that follows overtaken", async () => {
  const w = world([balance("h")]);
  w.tasks.answer = () => new Promise((resolve) => w.clock.after(100, () => resolve(delivered)));
  w.dispatcher.accept([of(0, "a")]);
  await settled();
  w.dispatcher.accept([of(1, "a"), of(2, "a")]);
  await w.clock.advance(300);
  assert.deepEqual(shown(w), ["h 0 +0", "h 2 +1"]);
  assert.deepEqual(w.journal.ends.toSorted(), [
    [0, "delivered"],
    [1, "superseded"],
    [2, "delivered"],
  ]);
});

test("an event that failed while it was being delivered is passed over when it would be tried again", async () => {
  const w = world([balance("h")]);
  w.tasks.answer = () => new Promise((resolve) => w.clock.after(100, () => resolve(failed({ kind: "timeout" }))));
  w.dispatcher.accept([of(0, "a")]);
  await settled();
  w.dispatcher.accept([of(1, "a")]);
  await w.clock.advance(2000);
  assert.deepEqual(shown(w), ["h 0 +0", "h 1 +1"]);
});

test("a disabled handler gets the newest when it is enabled", async () => {
  const w = world([balance("h", { status: "disabled" })]);
  w.dispatcher.accept([of(0, "a"), of(1, "a")]);
  await settled();
  w.dispatcher.accept([of(2, "a", notzero)]);
  w.handlers = [balance("h")];
  w.dispatcher.handlersChanged();
  await settled();
  assert.deepEqual(shown(w), ["h 2 +2"]);
});

test("a sick client is not called more often because more happens to it", async () => {
  const w = world([balance("h")]);
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 503 }));
  for (let offset = 0; offset < 400; offset++) {
    w.dispatcher.accept([of(offset, "a")]);
    await w.clock.advance(500);
  }
  // At once, then after 1 s, 5 s, 30 s and 2 min: as one event that is retried. Each is the first attempt of its event.
  assert.equal(w.tasks.calls.length, 5);
  assert.ok(w.tasks.calls.every(({ call }) => call.attempt === 1));
});

test("in a group it takes effect on what every handler that is told of it asks for, and on nothing else", async () => {
  const counts = async (handlers: readonly AfterHandler[], type = zero): Promise<number> => {
    const w = world(handlers);
    w.dispatcher.accept([0, 1, 2].map((offset) => of(offset, "a", type)));
    await settled();
    return w.journal.ends.filter(([, end]) => end === "superseded").length;
  };
  assert.equal(await counts([balance("h"), balance("i")]), 2);
  const every = handler("i", { events: [zero] });
  assert.equal(await counts([balance("h"), every]), 0);
  assert.equal(await counts([balance("h"), every], notzero), 2);
  assert.equal(await counts([balance("h"), handler("i", { events: [zero], status: "archived" })]), 2);
  assert.equal(await counts([balance("h"), handler("i", { events: [zero], status: "disabled" })]), 0);
});

test("one handler's newest does not stand for what another handler alone would get", async () => {
  const w = world([balance("both"), balance("low", { events: [zero] })]);
  w.dispatcher.accept([of(0, "a", zero), of(1, "a", notzero), of(2, "b", notzero), of(3, "b", zero)]);
  await settled();
  assert.deepEqual(shown(w).toSorted(), ["both 0 +0", "both 1 +0", "both 3 +1", "low 0 +0", "low 3 +1"]);
});

test("events that tell no state, and events without a key, are all delivered", async () => {
  const w = world([balance("h", { events: [zero, "clients.update", "vendor.balance"] })]);
  const types = ["clients.update", "clients.update", "vendor.balance", "vendor.balance"];
  w.dispatcher.accept([...types.map((type, offset) => of(offset, "a", type)), of(4, null), of(5, null)]);
  await settled();
  assert.deepEqual(
    w.journal.ends.map(([, end]) => end),
    Array.from({ length: 6 }, () => "delivered"),
  );
});

test("a dead letter that is due is written, and not passed over", async () => {
  const w = world([balance("h")]);
  w.letterBox = "refusing";
  w.tasks.answer = () => Promise.resolve(failed({ kind: "status", status: 400 }));
  w.dispatcher.accept([of(0, "a")]);
  await settled();
  w.dispatcher.accept([of(1, "a")]);
  w.letterBox = "open";
  w.tasks.answer = () => Promise.resolve(delivered);
  await w.clock.advance(5000);
  assert.deepEqual(w.journal.ends, [
    [0, "dead-lettered"],
    [1, "delivered"],
  ]);
});

type Step =
  | { readonly do: "come"; readonly key: string | null; readonly type: string }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "answer"; readonly how: "ok" | "503" | "busy" | "400" }
  | { readonly do: "switch"; readonly at: number; readonly on: boolean }
  | { readonly do: "letters"; readonly open: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("come" as const),
      key: fc.constantFrom("a", "a", "b", null),
      type: fc.constantFrom(zero, zero, notzero, notzero, "clients.update"),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(0, 30, 400, 7000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      how: fc.constantFrom("ok" as const, "503" as const, "busy" as const, "400" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("switch" as const), at: fc.nat({ max: 1 }), on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("letters" as const), open: fc.boolean() }) },
);

test("the last state always arrives, each that was passed over has a newer one in its place, and the counts add up", async () => {
  let passedOver = 0;
  const handlersOf: readonly (readonly AfterHandler[])[] = [
    [balance("h", { events: [zero, notzero, "clients.update"] })],
    [balance("h"), balance("i", { events: [zero, notzero, "clients.update"] })],
    [balance("h"), handler("i", { events: [zero, "clients.update"] })],
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...handlersOf),
      fc.array(step, { maxLength: 60, size: "max" }),
      async (group, steps) => {
        const w = world(group, { brakeAfter: 1000, concurrency: 3 });
        const came: { key: string | null; type: string }[] = [];
        const ends = new Map<number, FactEnd>();
        const underWay = new Set<number>();
        const touched = new Set<number>();
        let how = "ok";
        w.tasks.answer = async ({ offset }) => {
          assert.notEqual(ends.get(offset), "superseded");
          underWay.add(offset);
          await new Promise<void>((resolve) => w.clock.after(20, resolve));
          underWay.delete(offset);
          if (how === "ok" || how === "400") touched.add(offset);
          if (how === "ok") return delivered;
          return failed(
            how === "busy" ? { kind: "breaker-open", retryAfterMs: 300 } : { kind: "status", status: Number(how) },
          );
        };
        const broken: string[] = [];
        w.journal.settled = (_group, end, { offset }) => {
          if (ends.has(offset)) broken.push(`${offset} ended twice`);
          ends.set(offset, end);
          if (end === "superseded" && (underWay.has(offset) || touched.has(offset)))
            broken.push(`${offset} was taken back`);
        };
        for (const now of steps) {
          if (now.do === "come") {
            came.push({ key: now.key, type: now.type });
            w.dispatcher.accept([of(came.length - 1, now.key, now.type)]);
          } else if (now.do === "pass") await w.clock.advance(now.ms);
          else if (now.do === "answer") ({ how } = now);
          else if (now.do === "letters") w.letterBox = now.open ? "open" : "refusing";
          else {
            const status = now.on ? "enabled" : "disabled";
            w.handlers = w.handlers.map((one, at) => (at === now.at ? { ...one, status } : one));
            w.dispatcher.handlersChanged();
          }
        }
        how = "ok";
        w.letterBox = "open";
        w.handlers = group;
        w.dispatcher.handlersChanged();
        await w.clock.advance(4 * 3_600_000);
        assert.deepEqual(broken, []);
        assert.equal(ends.size, came.filter(({ type }) => group.some(({ events }) => events.includes(type))).length);
        assert.equal(w.dispatcher.stats().bytes, 0);
        assert.equal(w.source.committed() ?? 0, came.length);

        // The naive model: lanes as lists; an event may be passed over only in favour of the very next one of its lane.
        const asksOf = (type: string): readonly AfterHandler[] => group.filter(({ events }) => events.includes(type));
        for (const key of ["a", "b", null]) {
          const lane = [...came.entries()].filter(([, one]) => one.key === key && asksOf(one.type).length > 0);
          let standsFor = 0;
          for (const [at, [offset, { type }]] of lane.entries()) {
            if (ends.get(offset) === "superseded") {
              passedOver++;
              standsFor++;
              const next = lane[at + 1]?.[1].type ?? "nothing";
              assert.ok(key !== null && type !== "clients.update" && next !== "clients.update" && next !== "nothing");
              for (const asks of asksOf(type)) assert.ok(asks.catchUp === "latest" && asks.events.includes(next));
              continue;
            }
            const calls = w.tasks.calls.filter((call) => call.offset === offset);
            const last = calls.at(-1)?.call.superseded ?? 0;
            assert.equal(last, standsFor, `${offset} stands for ${standsFor}`);
            standsFor = 0;
          }
          assert.equal(standsFor, 0, "the last of a lane is never passed over");
          for (const { id } of group) {
            const got = w.tasks.calls
              .filter((call) => call.handler === id && call.key === key)
              .map(({ offset }) => offset);
            assert.deepEqual(
              got,
              got.toSorted((left, right) => left - right),
            );
          }
        }
      },
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 150) },
  );
  assert.ok(passedOver > 100, `${passedOver} were passed over`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RateLimit } from "../../../src/model/handler.ts";
import { RateLine } from "../../../src/tasks/rate-line.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const limit: fc.Arbitrary<RateLimit> = fc.record({
  perSecond: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0.05, max: 20, noNaN: true })),
  burst: fc.integer({ min: 1, max: 20 }),
});

/** Times at which turns were granted keep the law in every window: checked between every two of them. */
function keepsTheLaw(grantedMs: readonly number[], { burst, perSecond }: RateLimit): void {
  for (const [from, startMs] of grantedMs.entries())
    for (const [more, endMs] of grantedMs.slice(from).entries()) {
      const most = burst + ((endMs - startMs) / 1000) * perSecond;
      assert.ok(more + 1 <= most + 1e-3, `${more + 1} in ${endMs - startMs} ms, at most ${most}`);
    }
}

/** Callers that come at their time, and again when they are told, each so much later; `gone` ones do not come again. */
interface Caller {
  readonly atMs: number;
  readonly lateMs: number;
  readonly gone: boolean;
}

interface Granted {
  readonly caller: number;
  readonly atMs: number;
  readonly tries: number;
}

/** Lets them come, in the order of time, until nobody is left. */
function play(rate: RateLimit, callers: readonly Caller[]): { granted: Granted[]; line: RateLine } {
  const clock = new FakeClock({ monotonicMs: 0 });
  const line = new RateLine(rate, clock);
  const granted: Granted[] = [];
  const visits = callers.map(({ atMs }, caller) => ({ atMs, caller, tries: 1 }));
  for (let steps = 0; visits.length > 0; steps++) {
    assert.ok(steps < 100_000, "everybody gets a turn some time");
    const next = visits.reduce((first, visit) => (visit.atMs < first.atMs ? visit : first));
    visits.splice(visits.indexOf(next), 1);
    clock.stall(Math.max(0, next.atMs - clock.monotonicMs()));
    const turn = line.take(`c${next.caller}`);
    if (turn.kind === "granted") granted.push({ ...next, atMs: clock.monotonicMs() });
    else {
      assert.ok(turn.waitMs > 0);
      const { gone, lateMs } = callers[next.caller] as Caller;
      if (!gone) visits.push({ ...next, atMs: clock.monotonicMs() + turn.waitMs + lateMs, tries: next.tries + 1 });
    }
  }
  return { granted, line };
}

const times = fc.integer({ min: 0, max: 5000 });

test("in no window are there more turns than the burst and what the rate brings, whoever comes when, late or never", () => {
  const caller = fc.record({ atMs: times, lateMs: fc.integer({ min: 0, max: 2000 }), gone: fc.boolean() });
  fc.assert(
    fc.property(limit, fc.array(caller, { maxLength: 60, size: "max" }), (rate, callers) => {
      const { granted } = play(rate, callers);
      keepsTheLaw(
        granted.map(({ atMs }) => atMs),
        rate,
      );
      const stayed = callers.filter(({ gone }) => !gone).length;
      assert.ok(granted.length >= stayed, "who comes again gets a turn, also behind those who do not");
    }),
    { numRuns: 300 },
  );
});

test("the punctual get their turns in the order in which they came, put off by no more than roundings, and none is lost", () => {
  fc.assert(
    fc.property(limit, fc.array(times, { minLength: 1, maxLength: 80, size: "max" }), (rate, unsorted) => {
      const arrivals = unsorted.toSorted((left, right) => left - right);
      const { granted, line } = play(
        rate,
        arrivals.map((atMs) => ({ atMs, lateMs: 0, gone: false })),
      );
      assert.deepEqual(
        granted.map(({ caller }) => caller),
        arrivals.map((_, caller) => caller),
      );
      assert.equal(line.waiting, 0);
      // What a plain bucket would grant at the earliest, by the definition alone.
      let tokens = rate.burst;
      let nowMs = 0;
      for (const [caller, atMs] of arrivals.entries()) {
        const freeMs = Math.max(atMs, nowMs);
        tokens = Math.min(rate.burst, tokens + ((freeMs - nowMs) / 1000) * rate.perSecond);
        nowMs = freeMs + Math.max(0, ((1 - tokens) / rate.perSecond) * 1000);
        tokens = Math.max(0, tokens - 1);
        const gotMs = granted[caller]?.atMs ?? 0;
        // Waits are whole milliseconds, rounded up: a full bucket loses up to one each.
        assert.ok(gotMs <= nowMs + 2 + caller, `caller ${caller} at ${gotMs}, could have been ${nowMs}`);
      }
      // With a burst of one, each rounding before it may put a caller off once more.
      for (const { caller, tries } of granted) assert.ok(tries <= 2 + caller, `caller ${caller} came ${tries} times`);
    }),
    { numRuns: 300 },
  );
});

test("newcomers do not overtake who waits", () => {
  const clock = new FakeClock();
  const line = new RateLine({ perSecond: 1, burst: 1 }, clock);
  assert.equal(line.take("a").kind, "granted");
  const b = line.take("b");
  assert.ok(b.kind === "later");
  assert.equal(b.waitMs, 1000);
  clock.stall(1000);
  const c = line.take("c");
  assert.ok(c.kind === "later", "the token is b's");
  assert.equal(c.waitMs, 1000);
  assert.equal(line.take("b").kind, "granted");
  clock.stall(1000);
  assert.equal(line.take("c").kind, "granted");
  assert.equal(line.waiting, 0);
});

test("who does not come at its time holds up nobody for longer than a quarter of a second, and is forgotten in the end", () => {
  const clock = new FakeClock();
  const line = new RateLine({ perSecond: 10, burst: 1 }, clock);
  line.take("a");
  for (const gone of ["b", "c", "d"]) assert.equal(line.take(gone).kind, "later");
  clock.stall(600);
  assert.equal(line.take("e").kind, "granted", "they were due 300 ms ago and more");
  assert.equal(line.waiting, 3);
  clock.stall(100);
  assert.equal(line.take("b").kind, "granted", "who comes after all still has its place");
  clock.stall(61_000);
  assert.equal(line.take("f").kind, "granted");
  assert.equal(line.waiting, 0);
});

test("a turn that is given back is there for the next, and never more than the burst", () => {
  const clock = new FakeClock();
  const line = new RateLine({ perSecond: 1, burst: 2 }, clock);
  const first = line.take("a");
  assert.ok(first.kind === "granted");
  first.giveBack();
  clock.stall(60_000);
  const turns = ["b", "c", "d"].map((who) => line.take(who).kind);
  assert.deepEqual(turns, ["granted", "granted", "later"]);
  line.leave("d");
  assert.equal(line.waiting, 0);
});

test("lanes that come late by a fifth of their wait, as retries do, get most of the rate, each key its share", () => {
  const clock = new FakeClock({ monotonicMs: 0 });
  const rate = { perSecond: 50, burst: 1 };
  const line = new RateLine(rate, clock);
  let seed = 1;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  // A thousand keys with an endless backlog each: a key comes with its next event as soon as it had a turn.
  const visits = Array.from({ length: 1000 }, (_, key) => ({ atMs: 0, key, number: 0 }));
  const granted: number[] = [];
  const byKey = new Map<number, number>();
  const untilMs = 120_000;
  for (;;) {
    const next = visits.reduce((first, visit) => (visit.atMs < first.atMs ? visit : first));
    if (next.atMs > untilMs) break;
    clock.stall(Math.max(0, next.atMs - clock.monotonicMs()));
    const turn = line.take(`${next.key}/${next.number}`);
    if (turn.kind === "granted") {
      granted.push(clock.monotonicMs());
      byKey.set(next.key, (byKey.get(next.key) ?? 0) + 1);
      next.number++;
    } else next.atMs = clock.monotonicMs() + turn.waitMs * (1 + 0.2 * random());
  }
  keepsTheLaw(granted.slice(-500), rate);
  const share = granted.length / ((untilMs / 1000) * rate.perSecond);
  assert.ok(share > 0.8, `${share} of the rate`);
  const least = Math.min(...visits.map(({ key }) => byKey.get(key) ?? 0));
  assert.ok(least >= 4, `each key had ${least} turns at least, ${granted.length / 1000} on average`);
});

test("past ten thousand in the line nobody else gets a place in it, and those who have one keep it", () => {
  const line = new RateLine({ burst: 1, perSecond: 1 }, new FakeClock());
  assert.equal(line.take("first").kind, "granted");
  for (let number = 0; number <= 10_000; number++) assert.equal(line.take(`caller ${number}`).kind, "later");
  assert.equal(line.waiting, 10_000);
  line.leave("caller 0");
  line.take("caller 10000");
  assert.equal(line.waiting, 10_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { afterBreaker, Breaker, type BreakerRules, beforeBreaker, type CallEnd } from "../../../src/tasks/breaker.ts";
import { FakeClock } from "../../support/fake-clock.ts";

interface World {
  readonly clock: FakeClock;
  readonly breaker: Breaker;
  readonly turns: string[];
  /** Makes a call that passes and ends at once. */
  readonly call: (how: CallEnd, key?: string) => void;
}

function world(rules: BreakerRules = beforeBreaker, random = 0.5): World {
  const clock = new FakeClock();
  const turns: string[] = [];
  const breaker = new Breaker(
    rules,
    clock,
    () => random,
    ({ to, why, openForMs }) => turns.push(`${to}${openForMs === null ? "" : ` ${openForMs}`}: ${why}`),
  );
  const call = (how: CallEnd, key = "k"): void => {
    const pass = breaker.pass(key);
    assert.ok(pass.kind === "passed", `refused: ${JSON.stringify(pass)}`);
    pass.end(how);
  };
  return { clock, breaker, turns, call };
}

function times(count: number, what: (index: number) => void): void {
  for (let index = 0; index < count; index++) what(index);
}

test("five failures in a row open it, four do not, and a success between them starts the row anew", () => {
  const { breaker, call } = world();
  times(4, () => call("failure"));
  call("success");
  times(4, () => call("failure"));
  assert.equal(breaker.state, "closed");
  call("failure");
  assert.equal(breaker.state, "open");
  assert.deepEqual(breaker.pass("k"), { kind: "refused", retryAfterMs: 2000 });
});

test("half of the last calls failed opens it, once there were ten", () => {
  const { breaker, call, turns } = world();
  times(4, () => {
    call("success");
    call("failure");
  });
  call("success");
  assert.equal(breaker.state, "closed");
  call("failure");
  assert.deepEqual(turns, ["open 2000: 5 of the last 10 calls failed"]);
});

test("failures older than the last twenty calls are forgotten", () => {
  const { breaker, call } = world();
  times(4, () => call("failure"));
  times(16, () => call("success"));
  times(4, () => call("failure"));
  times(3, () => call("success"));
  times(4, () => call("failure"));
  assert.equal(breaker.state, "closed", "8 of the last 20");
});

test("calls that say nothing do not count, neither in a row nor in the window", () => {
  const { breaker, call } = world();
  times(100, () => call("nothing"));
  times(4, () => call("failure"));
  times(100, () => call("nothing"));
  assert.equal(breaker.state, "closed");
  call("failure");
  assert.equal(breaker.state, "open");
});

test("open time doubles from 2 to 60 seconds while probes fail, and is 2 again after it closed", async () => {
  const { clock, call, turns } = world();
  times(5, () => call("failure"));
  for (const ms of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    assert.ok(turns.at(-1)?.startsWith(`open ${ms}`), turns.at(-1));
    await clock.advance(ms);
    call("failure");
  }
  await clock.advance(60_000);
  times(3, () => call("success"));
  assert.equal(turns.at(-1), "closed: 3 probes succeeded");
  times(5, () => call("failure"));
  assert.equal(turns.at(-1), "open 2000: 5 failures in a row");
});

test("the open time is spread by a fifth either way", async () => {
  for (const [random, ms] of [
    [0, 1600],
    [0.999_999, 2400],
  ] as const) {
    const { breaker, call, clock } = world(beforeBreaker, random);
    times(5, () => call("failure"));
    await clock.advance(ms - 1);
    assert.equal(breaker.pass("k").kind, "refused");
    await clock.advance(1);
    assert.equal(breaker.pass("k").kind, "passed");
  }
});

test("half-open lets one probe pass at a time; one that says nothing makes room for the next", async () => {
  const { breaker, call, clock } = world();
  times(5, () => call("failure"));
  await clock.advance(2000);
  const probe = breaker.pass("k");
  assert.ok(probe.kind === "passed");
  assert.equal(breaker.state, "half-open");
  assert.equal(breaker.pass("k").kind, "refused");
  probe.end("nothing");
  probe.end("failure");
  assert.equal(breaker.state, "half-open", "a call ends once");
  times(2, () => call("success"));
  assert.equal(breaker.state, "half-open");
  call("success");
  assert.equal(breaker.state, "closed");
});

test("what began before a turn does not count after it", async () => {
  const { breaker, call, clock } = world();
  const early = [breaker.pass("k"), breaker.pass("k")];
  times(5, () => call("failure"));
  await clock.advance(2000);
  times(2, () => call("success"));
  for (const pass of early) if (pass.kind === "passed") pass.end("failure");
  assert.equal(breaker.state, "half-open");
  call("success");
  assert.equal(breaker.state, "closed");
});

test("after the event one client's bad events open nothing; three clients' do", () => {
  const { breaker, call } = world(afterBreaker);
  times(50, (index) => call("failure", index % 2 === 0 ? "a" : "b"));
  assert.equal(breaker.state, "closed");
  call("failure", "c");
  assert.equal(breaker.state, "open");
});

test("after the event the probe is of another key than failed last, until none has come for as long as it was open", async () => {
  const { breaker, call, clock } = world(afterBreaker);
  for (const key of ["a", "b", "c", "b", "c"]) call("failure", key);
  await clock.advance(2000);
  assert.deepEqual(breaker.pass("c"), { kind: "refused", retryAfterMs: 1000 });
  call("success", "a");
  await clock.advance(1999);
  assert.equal(breaker.pass("c").kind, "refused");
  await clock.advance(1);
  call("success", "c");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BreakerState } from "../../../src/model/breaker-state.ts";
import { afterBreaker, Breaker, type BreakerRules, beforeBreaker, type CallEnd } from "../../../src/tasks/breaker.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Time passes, a call begins, or the oldest or newest call under way ends. */
type Act =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "begin"; readonly key: string }
  | { readonly kind: "end"; readonly newest: boolean; readonly how: CallEnd };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 5000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 90_000 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("begin" as const), key: fc.constantFrom("a", "b", "c", "d") }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      newest: fc.boolean(),
      how: fc.oneof(
        { weight: 5, arbitrary: fc.constant("failure" as const) },
        { weight: 3, arbitrary: fc.constant("success" as const) },
        { weight: 1, arbitrary: fc.constant("nothing" as const) },
      ),
    }),
  },
);

/** Everything that ever happened, and every answer computed from it anew: slow and plain. */
class Model {
  readonly #rules: BreakerRules;
  readonly #random: number;
  state: BreakerState = "closed";
  era = 0;
  /** Of this closed time. */
  #ends: { readonly failed: boolean; readonly key: string }[] = [];
  #probes: CallEnd[] = [];
  #probing = false;
  #opened = 0;
  #until = 0;
  #openFor = 0;
  #lastFailed = "";

  constructor(rules: BreakerRules, random: number) {
    this.#rules = rules;
    this.#random = random;
  }

  passes(key: string, nowMs: number): boolean {
    if (this.state === "closed") return true;
    if (this.#probing || nowMs < this.#until) return false;
    return this.#rules.leastKeys === 1 || key !== this.#lastFailed || nowMs >= this.#until + this.#openFor;
  }

  begin(): void {
    if (this.state === "open") {
      this.state = "half-open";
      this.era++;
      this.#probes = [];
    }
    if (this.state === "half-open") this.#probing = true;
  }

  end(era: number, key: string, how: CallEnd, nowMs: number): void {
    if (era !== this.era) return;
    if (this.state === "half-open") {
      this.#probing = false;
      if (how !== "nothing") this.#probes.push(how);
      if (how === "failure") this.#open(key, nowMs);
      else if (this.#probes.length === this.#rules.successesToClose) {
        this.state = "closed";
        this.era++;
        this.#ends = [];
        this.#opened = 0;
      }
      return;
    }
    if (how === "nothing") return;
    this.#ends.push({ failed: how === "failure", key });
    if (how === "failure" && (this.#rowOpens() || this.#shareOpens())) this.#open(key, nowMs);
  }

  #rowOpens(): boolean {
    const row = this.#ends.slice(this.#ends.findLastIndex(({ failed }) => !failed) + 1);
    return row.length >= this.#rules.failuresInARow && keysOf(row) >= this.#rules.leastKeys;
  }

  #shareOpens(): boolean {
    const last = this.#ends.slice(-this.#rules.window);
    const failures = last.filter(({ failed }) => failed);
    const isEnough = last.length >= this.#rules.windowLeast && failures.length / last.length >= this.#rules.windowShare;
    return isEnough && keysOf(failures) >= this.#rules.leastKeys;
  }

  #open(key: string, nowMs: number): void {
    const plannedMs = Math.min(this.#rules.longestOpenMs, this.#rules.openMs * 2 ** this.#opened);
    this.#openFor = plannedMs * (1 - this.#rules.jitter + 2 * this.#rules.jitter * this.#random);
    this.#until = nowMs + this.#openFor;
    this.#lastFailed = key;
    this.#opened++;
    this.state = "open";
    this.era++;
  }
}

function keysOf(ends: readonly { readonly key: string }[]): number {
  return new Set(ends.map(({ key }) => key)).size;
}

for (const [name, rules] of Object.entries({ before: beforeBreaker, after: afterBreaker })) {
  test(`the ${name} breaker does what a plain model does, whatever happens in whatever order`, () => {
    const seen = new Set<BreakerState>();
    fc.assert(
      // Halves and quarters: both sides compute the same float.
      fc.property(
        fc.constantFrom(0, 0.25, 0.5, 0.75),
        fc.array(act, { maxLength: 200, size: "max" }),
        (random, acts) => {
          const clock = new FakeClock();
          const turns: BreakerState[] = ["closed"];
          const breaker = new Breaker(
            rules,
            clock,
            () => random,
            ({ from, to }) => {
              assert.equal(from, turns.at(-1));
              turns.push(to);
            },
          );
          const model = new Model(rules, random);
          const underWay: { readonly end: (how: CallEnd) => void; readonly era: number; readonly key: string }[] = [];
          for (const step of acts) {
            if (step.kind === "wait") {
              clock.stall(step.ms);
            } else if (step.kind === "begin") {
              const expected = model.passes(step.key, clock.monotonicMs());
              assert.equal(breaker.refusal(step.key) === null, expected, "it says beforehand what it will do");
              const pass = breaker.pass(step.key);
              assert.equal(pass.kind === "passed", expected);
              if (pass.kind === "refused") {
                assert.ok(pass.retryAfterMs > 0 && pass.retryAfterMs <= rules.longestOpenMs * (1 + rules.jitter));
                continue;
              }
              model.begin();
              underWay.push({ end: pass.end, era: model.era, key: step.key });
            } else {
              const call = step.newest ? underWay.pop() : underWay.shift();
              if (call === undefined) continue;
              call.end(step.how);
              model.end(call.era, call.key, step.how, clock.monotonicMs());
            }
            assert.equal(breaker.state, model.state);
            seen.add(breaker.state);
          }
        },
      ),
      { numRuns: 1000 },
    );
    assert.deepEqual([...seen].sort(), ["closed", "half-open", "open"]);
  });
}

test("while it is half-open at most one call is under way, and a refused call always names a wait after which one passes", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom<CallEnd>("success", "failure", "nothing"), { maxLength: 30 }), (probes) => {
      const clock = new FakeClock();
      const breaker = new Breaker(
        beforeBreaker,
        clock,
        () => 0.5,
        () => undefined,
      );
      for (let call = 0; call < 5; call++) {
        const pass = breaker.pass("k");
        if (pass.kind === "passed") pass.end("failure");
      }
      for (const how of probes) {
        const refused = breaker.refusal("k");
        if (refused !== null) clock.stall(refused.retryAfterMs);
        const probe = breaker.pass("k");
        assert.ok(probe.kind === "passed");
        if (breaker.state === "half-open") assert.equal(breaker.pass("k").kind, "refused");
        probe.end(how);
      }
    }),
  );
});

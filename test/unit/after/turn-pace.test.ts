import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TurnPace } from "../../../src/after/turn-pace.ts";

/** A group that begins turns as long as it has some, and as the pace lets. */
class Group {
  readonly begun: number[] = [];
  readonly #pace: TurnPace;
  readonly #round: () => number;
  #wanted = 0;
  readonly #paced = { goOn: () => this.#pump(), waits: false };

  constructor(pace: TurnPace, round: () => number) {
    this.#pace = pace;
    this.#round = round;
  }

  want(turns: number): void {
    this.#wanted += turns;
    this.#pump();
  }

  #pump(): void {
    while (this.#wanted > 0 && this.#pace.lets(this.#paced)) {
      this.#wanted--;
      this.begun.push(this.#round());
    }
  }
}

function rounds(perRound: number): { pace: TurnPace; next: () => boolean; now: () => number } {
  let go: (() => void) | null = null;
  let now = 0;
  const pace = new TurnPace(perRound, (then) => {
    assert.equal(go, null, "one round is asked for at a time");
    go = then;
  });
  const next = (): boolean => {
    const due = go;
    go = null;
    now++;
    due?.();
    return due !== null;
  };
  return { pace, next, now: () => now };
}

const wishes = fc.array(fc.record({ group: fc.nat(4), turns: fc.integer({ min: 1, max: 12 }), rounds: fc.nat(2) }), {
  maxLength: 30,
});

test("no round begins more turns than it may, none is forgotten, and rounds stop when nothing is left", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), wishes, (perRound, steps) => {
      const { next, now, pace } = rounds(perRound);
      const groups = Array.from({ length: 5 }, () => new Group(pace, now));
      let wanted = 0;
      for (const step of steps) {
        wanted += step.turns;
        groups[step.group]?.want(step.turns);
        for (let count = 0; count < step.rounds; count++) next();
      }
      for (let left = wanted + 1; next(); left--) assert.ok(left > 0, "the rounds do not end");
      const begun = groups.flatMap((group) => group.begun);
      assert.equal(begun.length, wanted);
      for (const at of new Set(begun)) assert.ok(begun.filter((one) => one === at).length <= perRound);
    }),
  );
});

test("groups take their rounds one after another, whoever has most to begin", () => {
  const { next, now, pace } = rounds(2);
  const [large, small, other] = Array.from({ length: 3 }, () => new Group(pace, now));
  large?.want(100);
  small?.want(2);
  other?.want(3);
  for (let count = 0; count < 4; count++) next();
  assert.deepEqual(large?.begun, [0, 0, 1, 1, 4, 4]);
  assert.deepEqual(small?.begun, [2, 2]);
  assert.deepEqual(other?.begun, [3, 3]);
});

import type { Clock } from "../model/clock.ts";
import type { RateLimit } from "../model/handler.ts";

export type Turn =
  | { readonly kind: "granted"; readonly giveBack: () => void }
  /** Come again then: if everybody is punctual, it is the caller's turn. */
  | { readonly kind: "later"; readonly waitMs: number };

/** Who comes later than this after its time loses its precedence, though not its place. Milliseconds. */
const punctualMs = 250;
/** Who has not come for so long after its time is not coming any more. Milliseconds. */
const forgottenMs = 60_000;
/** Past so many in the line nobody else gets a place in it; they may come again. */
const longest = 10_000;

/**
 * A token bucket with a line before it: `burst` calls at once, then `perSecond`. Nobody waits here: who has no turn yet is
 * told when to come again, and keeps its place meanwhile, so that newcomers cannot overtake it.
 *
 * - In any t seconds at most `burst + perSecond * t` turns are granted, whoever comes when.
 * - Nobody starves: who comes again when it was told can be put off only by those before it in the line, and each of them
 *   only while it is at most `punctualMs` late. A place whose owner does not come holds up nobody for longer.
 */
export class RateLine {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  /** Who waits and when it was told to come, first come first. */
  readonly #line = new Map<string, number>();
  #tokens: number;
  #countedMs: number;

  constructor({ burst, perSecond }: RateLimit, clock: Clock) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#countedMs = clock.monotonicMs();
  }

  /** How many have a place in the line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** `who` is the same when it comes again. A turn that is not used may be given back at once. */
  take(who: string): Turn {
    const nowMs = this.#refill();
    const ahead = this.#ahead(who, nowMs);
    // Sums of fractions: what is short by less than a millionth of a token is there.
    if (this.#tokens + 1e-6 >= ahead + 1) {
      this.#tokens--;
      this.#line.delete(who);
      return { kind: "granted", giveBack: () => this.#giveBack() };
    }
    const waitMs = Math.ceil((ahead + 1 - this.#tokens) / this.#perMs);
    if (this.#line.has(who) || this.#line.size < longest) this.#line.set(who, nowMs + waitMs);
    return { kind: "later", waitMs };
  }

  /** It will not come again. */
  leave(who: string): void {
    this.#line.delete(who);
  }

  #refill(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#countedMs) * this.#perMs);
    this.#countedMs = nowMs;
    return nowMs;
  }

  #giveBack(): void {
    this.#refill();
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }

  /** How many tokens are kept for others who came before. */
  #ahead(who: string, nowMs: number): number {
    let ahead = 0;
    for (const [other, dueMs] of this.#line) {
      if (other === who) break;
      if (dueMs + forgottenMs < nowMs) this.#line.delete(other);
      else if (dueMs + punctualMs >= nowMs) ahead++;
    }
    return ahead;
  }
}

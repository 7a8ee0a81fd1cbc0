import type { BreakerState, BreakerTurn } from "../model/breaker-state.ts";
import type { Clock } from "../model/clock.ts";

export interface BreakerRules {
  /** So many failures in a row open it. */
  readonly failuresInARow: number;
  /** How many of the last calls are looked at, how many there must be, and which share of them opens it. */
  readonly window: number;
  readonly windowLeast: number;
  readonly windowShare: number;
  /** It opens for so long, twice as long each time it opens again without having closed, up to the longest. Milliseconds. */
  readonly openMs: number;
  readonly longestOpenMs: number;
  /** Spread of that time: 0.2 is up to 20 % less or more. */
  readonly jitter: number;
  /** So many probes in a row close it. */
  readonly successesToClose: number;
  /** The failures that open it must be of so many different keys; past 1, a probe is of another key than the last failure. */
  readonly leastKeys: number;
}

export const beforeBreaker: BreakerRules = {
  failuresInARow: 5,
  window: 20,
  windowLeast: 10,
  windowShare: 0.5,
  openMs: 2000,
  longestOpenMs: 60_000,
  jitter: 0.2,
  successesToClose: 3,
  leastKeys: 1,
};

/** After the event a failed call is made again and again: one client's bad event must not shut out the others. */
export const afterBreaker: BreakerRules = { ...beforeBreaker, leastKeys: 3 };

/** How a call counts. `nothing`: it says nothing about the handler, such as one that was cancelled. */
export type CallEnd = "success" | "failure" | "nothing";

/** While a probe is under way nobody knows when the next call may pass. Milliseconds. */
const probeWaitMs = 1000;

export interface Refused {
  readonly kind: "refused";
  /** About how long until a call may pass. */
  readonly retryAfterMs: number;
}

export type Pass = { readonly kind: "passed"; readonly end: (how: CallEnd) => void } | Refused;

type Turn = Pick<BreakerTurn, "from" | "to" | "why" | "openForMs">;

/**
 * Keeps calls from a handler that does not work. No timer: it looks at the clock when it is asked.
 *
 *   closed ── failures in a row, or too great a share of the last calls ──► open
 *   open ── its time is over, and a call comes ──► half-open: that call is the probe
 *   half-open ── a probe fails ──► open, for twice as long
 *             ── enough probes in a row succeed ──► closed, with everything forgotten
 *
 * - Only a failure opens it, never a success that pushes older successes out of the window.
 * - A call counts only in the state in which it began: what ends after a turn is forgotten.
 * - A probe of the key that failed last is refused, unless nothing else has come for as long as the breaker was open:
 *   the other keys may be another instance's by now.
 */
export class Breaker {
  readonly #rules: BreakerRules;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #turned: (turn: Turn) => void;
  #state: BreakerState = "closed";
  /** Counts turns: what began in another era does not count. */
  #era = 0;
  /** Since it closed, the newest last, at most `window`. */
  #calls: { readonly failed: boolean; readonly key: string }[] = [];
  #row = 0;
  /** Of the failures in the row, at most `leastKeys`. */
  #rowKeys = new Set<string>();
  #lastFailedKey = "";
  #timesOpened = 0;
  #openForMs = 0;
  #openUntilMs = 0;
  #isProbing = false;
  #successes = 0;

  /** `random` in [0, 1). */
  constructor(rules: BreakerRules, clock: Clock, random: () => number, turned: (turn: Turn) => void) {
    this.#rules = rules;
    this.#clock = clock;
    this.#random = random;
    this.#turned = turned;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Lets a call of this key pass or refuses it. Who passes must say once how it ended. */
  pass(key: string): Pass {
    const refused = this.refusal(key);
    if (refused !== null) return refused;
    if (this.#state === "open") {
      this.#successes = 0;
      this.#turn("half-open", "its time is over: a probe passes", null);
    }
    const isProbe = this.#state === "half-open";
    this.#isProbing = isProbe;
    const era = this.#era;
    let ended = false;
    const end = (how: CallEnd): void => {
      if (ended || era !== this.#era) return;
      ended = true;
      if (isProbe) this.#probed(how, key);
      else this.#called(how, key);
    };
    return { kind: "passed", end };
  }

  /** Whether a call would be refused now; changes nothing. */
  refusal(key: string): Refused | null {
    if (this.#state === "closed") return null;
    if (this.#isProbing) return refuse(probeWaitMs);
    const leftMs = this.#openUntilMs - this.#clock.monotonicMs();
    if (leftMs > 0) return refuse(leftMs);
    const otherKeysMs = leftMs + this.#openForMs;
    const mustBeOther = this.#rules.leastKeys > 1 && key === this.#lastFailedKey;
    return mustBeOther && otherKeysMs > 0 ? refuse(Math.min(otherKeysMs, probeWaitMs)) : null;
  }

  #called(how: CallEnd, key: string): void {
    if (how === "nothing") return;
    const failed = how === "failure";
    this.#calls.push({ failed, key });
    if (this.#calls.length > this.#rules.window) this.#calls.shift();
    if (!failed) {
      // Clearing a Set makes a new table each time (Slots).
      if (this.#row > 0) this.#rowKeys.clear();
      this.#row = 0;
      return;
    }
    this.#row++;
    if (this.#rowKeys.size < this.#rules.leastKeys) this.#rowKeys.add(key);
    const why = this.#whyOpen();
    if (why !== null) this.#open(key, why);
  }

  #probed(how: CallEnd, key: string): void {
    this.#isProbing = false;
    if (how === "failure") {
      this.#open(key, "a probe failed");
    } else if (how === "success" && ++this.#successes >= this.#rules.successesToClose) {
      this.#calls = [];
      this.#row = 0;
      this.#rowKeys.clear();
      this.#timesOpened = 0;
      this.#turn("closed", `${this.#successes} probes succeeded`, null);
    }
  }

  #whyOpen(): string | null {
    const { failuresInARow, leastKeys, windowLeast, windowShare } = this.#rules;
    if (this.#row >= failuresInARow && this.#rowKeys.size >= leastKeys) return `${this.#row} failures in a row`;
    const { length } = this.#calls;
    const failures = this.#calls.filter((call) => call.failed);
    if (length < windowLeast || failures.length < windowShare * length) return null;
    if (new Set(failures.map((call) => call.key)).size < leastKeys) return null;
    return `${failures.length} of the last ${length} calls failed`;
  }

  #open(key: string, why: string): void {
    const { jitter, longestOpenMs, openMs } = this.#rules;
    const plannedMs = Math.min(longestOpenMs, openMs * 2 ** Math.min(this.#timesOpened++, 30));
    this.#openForMs = plannedMs * (1 + jitter * (2 * this.#random() - 1));
    this.#openUntilMs = this.#clock.monotonicMs() + this.#openForMs;
    this.#lastFailedKey = key;
    this.#turn("open", why, this.#openForMs);
  }

  #turn(to: BreakerState, why: string, openForMs: number | null): void {
    const from = this.#state;
    this.#state = to;
    this.#era++;
    this.#turned({ from, to, why, openForMs });
  }
}

function refuse(retryAfterMs: number): Refused {
  return { kind: "refused", retryAfterMs };
}

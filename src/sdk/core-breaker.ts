/** One request that was let through; handed back with its end. */
export interface Passage {
  readonly period: number;
}

/**
 * The core's own breaker: when nobody answers, the core must not wait its whole deadline for each request.
 *
 *   closed ── `silences` in a row ──► open ── any answer ──► closed
 *                                      └─ every `probeEveryMs` one request is let through; its silence changes nothing
 *
 * A silence counts only for a request that was asked since the breaker last changed: what was sent into an outage ends
 * after it, and must not open the breaker again. Pure: every time is handed in (monotonic milliseconds).
 */
export class CoreBreaker {
  readonly #silences: number;
  readonly #probeEveryMs: number;
  #inARow = 0;
  /** Counts the changes between closed and open. */
  #period = 0;
  #open: { readonly sinceMs: number; probeAtMs: number } | null = null;

  constructor(silences: number, probeEveryMs: number) {
    this.#silences = silences;
    this.#probeEveryMs = probeEveryMs;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Null: do not ask. */
  admit(nowMs: number): Passage | null {
    if (this.#open !== null) {
      if (nowMs < this.#open.probeAtMs) return null;
      this.#open.probeAtMs = nowMs + this.#probeEveryMs;
    }
    return { period: this.#period };
  }

  /** Says for how long it was open if this closes it, else null. Milliseconds. */
  answered(nowMs: number): number | null {
    this.#inARow = 0;
    if (this.#open === null) return null;
    const openMs = nowMs - this.#open.sinceMs;
    this.#open = null;
    this.#period++;
    return openMs;
  }

  /** Whether this opens it. */
  silent({ period }: Passage, nowMs: number): boolean {
    if (this.#open !== null || period !== this.#period) return false;
    if (++this.#inARow < this.#silences) return false;
    this.#inARow = 0;
    this.#period++;
    this.#open = { sinceMs: nowMs, probeAtMs: nowMs + this.#probeEveryMs };
    return true;
  }
}

/** How the bridges stand, as far as beats tell; docs/billing-core.md, "No handler, no wait". Pure: every time is handed in. */

export interface Beat {
  readonly instance: string;
  /** Milliseconds since the instance's start, by its own monotonic clock; null when the beat could not be read. */
  readonly uptimeMs: number | null;
  /** Events it has handlers for; null when that is not known, which counts as all. */
  readonly eventIds: ReadonlySet<string> | null;
}

interface Known {
  readonly heardMs: number;
  /** When the beat was written, by our clock, at the latest: a beat that waited somewhere is older than its hearing. */
  readonly saidMs: number;
  readonly leastDelayMs: number;
  readonly eventIds: ReadonlySet<string> | null;
}

/** Far more than clocks drift, far less than an outage takes: the least delay follows the one and not the other. */
const relaxedShare = 0.01;
const rememberedWindows = 100;
/** Far more than there are; past it nobody is skipped, as one of those not remembered may have a handler. */
const mostRemembered = 1000;

/**
 * Whether asking can be skipped. Only if
 *
 * - beats have been heard for a whole window without a gap as long as one: every instance that lives has spoken by then;
 * - at least one instance said within the window that it has no handler for the event;
 * - no instance heard within the window has one, or may have one.
 *
 * Whatever is unknown, stale or contradictory means asking: skipping wrongly would bypass a handler, asking needlessly
 * costs a round trip.
 */
export class KnownBridges {
  readonly #windowMs: number;
  readonly #known = new Map<string, Known>();
  #lastHeardMs = -Infinity;
  /** Since when beats have come without a gap. */
  #sinceMs = Infinity;
  /** When an instance was last heard that there was no room for. */
  #overflowMs = -Infinity;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  hear({ instance, uptimeMs, eventIds }: Beat, nowMs: number): void {
    if (nowMs - this.#lastHeardMs >= this.#windowMs) this.#sinceMs = nowMs;
    this.#lastHeardMs = nowMs;
    const before = this.#known.get(instance);
    if (before === undefined) this.#forgetOld(nowMs);
    if (before === undefined && this.#known.size >= mostRemembered) {
      this.#overflowMs = nowMs;
      return;
    }
    if (uptimeMs === null) {
      const leastDelayMs = before?.leastDelayMs ?? Infinity;
      this.#known.set(instance, { heardMs: nowMs, saidMs: nowMs, leastDelayMs, eventIds });
      return;
    }
    // Both clocks count at the same speed, from starts we do not know: a beat on its way for longer than the quickest one
    // was is late by the difference.
    const delayMs = nowMs - uptimeMs;
    const relaxedMs = before === undefined ? Infinity : before.leastDelayMs + (nowMs - before.heardMs) * relaxedShare;
    const leastDelayMs = Math.min(delayMs, relaxedMs);
    this.#known.set(instance, { heardMs: nowMs, saidMs: uptimeMs + leastDelayMs, leastDelayMs, eventIds });
  }

  /** The instance has said good-bye. */
  forget(instance: string): void {
    this.#known.delete(instance);
  }

  /** True: no handler would be asked, so nobody has to be. */
  noneHas(eventId: string, nowMs: number): boolean {
    if (nowMs - this.#sinceMs < this.#windowMs || nowMs - this.#overflowMs <= this.#windowMs) return false;
    let saidNo = false;
    for (const { heardMs, saidMs, eventIds } of this.#known.values()) {
      if (nowMs - heardMs > this.#windowMs) continue;
      if (eventIds === null || eventIds.has(eventId)) return false;
      saidNo ||= nowMs - saidMs < this.#windowMs;
    }
    return saidNo;
  }

  #forgetOld(nowMs: number): void {
    const limitMs = rememberedWindows * this.#windowMs;
    for (const [instance, { heardMs }] of this.#known) if (nowMs - heardMs > limitMs) this.#known.delete(instance);
  }
}

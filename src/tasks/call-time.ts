import type { Clock } from "../model/clock.ts";

/** Why a call's time is over: its deadline, whoever noticed first; or its caller's signal, because nobody needs it any more. */
export type Over = "deadline" | "cancelled";

/** The caller's own clock ended the call, as AbortSignal.timeout does: the handler was too slow (before/ports.ts). */
export function isTimeUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === "TimeoutError";
}

export type Within<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "over"; readonly over: Over };

/**
 * The time of one call: everything the call waits for listens here, so that there is one timer and one end.
 * `release` must be called when the call is done.
 */
export class CallTime {
  readonly #clock: Clock;
  readonly #endsAtMs: number;
  readonly #listeners = new Set<(over: Over) => void>();
  readonly #release: () => void;
  #over: Over | undefined;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#endsAtMs = clock.monotonicMs() + timeoutMs;
    const timer = clock.after(timeoutMs, () => this.#end("deadline"));
    // Its timer is the older one of two for the same moment, and so fires first.
    const aborted = () => this.#end(isTimeUp(signal) ? "deadline" : "cancelled");
    signal.addEventListener("abort", aborted, { once: true });
    this.#release = () => {
      timer.cancel();
      // The signal may outlive thousands of calls.
      signal.removeEventListener("abort", aborted);
    };
    if (signal.aborted) aborted();
    else if (timeoutMs <= 0) this.#end("deadline");
  }

  /** Undefined while there is time. */
  get over(): Over | undefined {
    return this.#over;
  }

  /** Milliseconds left, rounded down; 0 at the least. */
  remainingMs(): number {
    return Math.max(0, Math.floor(this.#endsAtMs - this.#clock.monotonicMs()));
  }

  /** Calls `listener` once when the time is over (at once if it is); the result takes the listener away again. */
  onOver(listener: (over: Over) => void): () => void {
    if (this.#over !== undefined) {
      listener(this.#over);
      return () => undefined;
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for `work` as long as there is time. The work itself goes on; its late failure is nobody's. */
  within<T>(work: Promise<T>): Promise<Within<T>> {
    return new Promise((resolve, reject) => {
      const forget = this.onOver((over) => resolve({ kind: "over", over }));
      work.then((value) => resolve({ kind: "done", value }), reject).finally(forget);
    });
  }

  /** Waits so many milliseconds, or until the time is over. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, () => {
        forget();
        resolve();
      });
      const forget = this.onOver(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ends the call now. */
  cancel(): void {
    this.#end("cancelled");
  }

  release(): void {
    this.#release();
    this.#listeners.clear();
  }

  #end(over: Over): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    this.#release();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(over);
  }
}

import type { Clock, Timer } from "../model/clock.ts";
import { Slots } from "./slots.ts";

/** Why a call's time is over: its deadline, whoever noticed first; or its caller's signal, because nobody needs it any more. */
export type Over = "deadline" | "cancelled";

/** The caller's own clock ended the call, as AbortSignal.timeout does: the handler was too slow (before/ports.ts). */
export function isTimeUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === "TimeoutError";
}

type Listener = (over: Over) => void;
/** One list for all calls that nobody waits for. */
const nobody: readonly Listener[] = [];

export type Within<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "over"; readonly over: Over };

/**
 * The time of one call: everything the call waits for listens here, so that there is one timer and one end.
 * `release` must be called when the call is done.
 */
export class CallTime {
  readonly #clock: Clock;
  readonly #endsAtMs: number;
  readonly #timer: Timer;
  readonly #signal: AbortSignal;
  #listeners: readonly Listener[] = nobody;
  #over: Over | undefined;
  /** Among those whose time ends with the signal; null once it is released. */
  #place: number | null = null;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#endsAtMs = clock.monotonicMs() + timeoutMs;
    this.#timer = clock.after(timeoutMs, () => this.#end("deadline"));
    this.#place = listen(signal, this);
    if (signal.aborted) this.aborted();
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

  /** Calls `listener` once when the time is over, at once if it is. */
  onOver(listener: Listener): void {
    if (this.#over !== undefined) listener(this.#over);
    else this.#listeners = this.#listeners === nobody ? [listener] : [...this.#listeners, listener];
  }

  /** Takes a listener away again. */
  forget(listener: Listener): void {
    this.#listeners =
      this.#listeners.length === 1 && this.#listeners[0] === listener
        ? nobody
        : this.#listeners.filter((one) => one !== listener);
  }

  /** Waits for `work` as long as there is time. The work itself goes on; its late failure is nobody's. */
  within<T>(work: Promise<T>): Promise<Within<T>> {
    return new Promise((resolve, reject) => {
      const end = (over: Over): void => resolve({ kind: "over", over });
      this.onOver(end);
      work.then((value) => resolve({ kind: "done", value }), reject).finally(() => this.forget(end));
    });
  }

  /** Waits so many milliseconds, or until the time is over. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.after(ms, () => {
        this.forget(end);
        resolve();
      });
      this.onOver(end);
    });
  }

  /** Ends the call now. */
  cancel(): void {
    this.#end("cancelled");
  }

  /** Its caller's signal ended it. A timeout's timer is the older one of two for the same moment, and so fires first. */
  aborted(): void {
    this.#end(isTimeUp(this.#signal) ? "deadline" : "cancelled");
  }

  release(): void {
    this.#timer.cancel();
    if (this.#place !== null) forget(this.#signal, this.#place);
    this.#place = null;
    this.#listeners = nobody;
  }

  #end(over: Over): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    const listeners = this.#listeners;
    this.release();
    for (const listener of listeners) listener(over);
  }
}

/**
 * Whose time ends with a signal. An EventTarget looks through all its listeners at each that comes or goes: it has one for all
 * of them, and none when there is nobody, as the signal may outlive thousands of calls.
 */
class Listeners {
  readonly times = new Slots<CallTime>();
  readonly aborted = (): void => {
    for (const time of this.times.all()) time.aborted();
  };
}

const bySignal = new WeakMap<AbortSignal, Listeners>();

/** Returns its place among them. */
function listen(signal: AbortSignal, time: CallTime): number {
  let listeners = bySignal.get(signal);
  if (listeners === undefined) {
    listeners = new Listeners();
    bySignal.set(signal, listeners);
    signal.addEventListener("abort", listeners.aborted, { once: true });
  }
  return listeners.times.add(time);
}

function forget(signal: AbortSignal, place: number): void {
  const listeners = bySignal.get(signal);
  listeners?.times.remove(place);
  if (listeners === undefined || listeners.times.size > 0) return;
  bySignal.delete(signal);
  signal.removeEventListener("abort", listeners.aborted);
}

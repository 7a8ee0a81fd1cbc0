import { BridgeError } from "../errors.ts";
import type { Clock } from "./clock.ts";

/** Waits for work, whether it works out or not, but never longer than `ms` milliseconds. Leaves no timer behind. */
export function bounded(work: Promise<unknown>, ms: number, clock: Clock): Promise<"done" | "late"> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve("late"));
    const done = (): void => {
      timer.cancel();
      resolve("done");
    };
    work.then(done, done);
  });
}

/** The outcome of `work`, or BridgeError TIMED_OUT after `ms` milliseconds; what comes later is ignored. */
export function within<T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () =>
      reject(new BridgeError("TIMED_OUT", `${what} took longer than ${Math.round(ms)} ms`)),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

import { BridgeError } from "../errors.ts";
import type { Clock } from "../model/clock.ts";

/** The outcome of `work`, or BridgeError TIMED_OUT after `ms`; what comes later is ignored. */
export function within<T>(clock: Clock, ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new BridgeError("TIMED_OUT", `${what} took longer than ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

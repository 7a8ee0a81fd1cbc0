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

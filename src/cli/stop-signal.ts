import type { Logger } from "../model/logger.ts";

/** How long a stopped command's process may take to end by itself. Milliseconds. */
const heldMs = 5000;

/** A stop has an end: what keeps the process from ending after it is named, and the process ends without it. */
export function endEvenIfHeld(logger: Logger): void {
  setTimeout(() => {
    logger.error({ held: process.getActiveResourcesInfo() }, "something kept the process from ending");
    process.exit();
  }, heldMs).unref();
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

import { replace, type Source } from "./patch.ts";
import { type RequestQueue, requestQueueClass } from "./request-queue.ts";

export const idleTimerSource: Source = {
  name: "RequestQueue.scheduleCheckPendingRequests",
  hash: "04347ea969c6f2e3754427c0cbaee0bd4ce947fbd82f7b6e027506a06dfc581a",
};

/** kafkajs's own pause before it looks again at requests that wait for a free place. Milliseconds. */
const lookAgainMs = 10;

/**
 * Stops the timer that every idle connection of kafkajs restarts each millisecond, with a negative delay: 4-5 % of a
 * core and a TimeoutNegativeWarning each on Node 24. Ours is set only while a request waits.
 * Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read.
 */
export function mendIdleTimer(): void {
  replace(requestQueueClass().prototype, "scheduleCheckPendingRequests", idleTimerSource, () => scheduleWhilePending);
}

/** Where upstream sets a timer whether anything waits or not, this sets none for an empty queue: push() calls it again. */
function scheduleWhilePending(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : lookAgainMs,
  );
}

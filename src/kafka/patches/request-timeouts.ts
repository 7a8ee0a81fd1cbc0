import { replace, type Source } from "./patch.ts";
import { type RequestQueue, requestQueueClass } from "./request-queue.ts";

export const timeoutCheckSource: Source = {
  name: "RequestQueue.scheduleRequestTimeoutCheck",
  hash: "4fa2b60aa0fe28a4fefc028706b8de18cdafc88916fae651d8cc5d359cc4553a",
};

/** How late a request's time may be noticed to be over. Milliseconds. */
const lookEveryMs = 250;

const connected = new Set<RequestQueue>();
let timer: NodeJS.Timeout | null = null;

/**
 * One timer looks after the requests of all connections of a thread. kafkajs has one for each, ten times a second: with twenty
 * groups that is half of what an idle bridge does. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read.
 */
export function shareRequestTimer(): void {
  replace(requestQueueClass().prototype, "scheduleRequestTimeoutCheck", timeoutCheckSource, () => watch);
}

/** Called once a connection is there. */
function watch(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  connected.add(this);
  timer ??= setInterval(look, lookEveryMs);
}

function look(): void {
  const nowMs = Date.now();
  for (const queue of connected) {
    for (const request of queue.inflight.values()) {
      if (nowMs - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!queue.isConnected()) connected.delete(queue);
  }
  if (connected.size > 0 || timer === null) return;
  clearInterval(timer);
  timer = null;
}

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { mendIdleTimer } from "../../../src/kafka/patches/idle-timer.ts";
import { requestQueueClass } from "../../../src/kafka/patches/request-queue.ts";
import { shareRequestTimer } from "../../../src/kafka/patches/request-timeouts.ts";

interface Queue {
  scheduleRequestTimeoutCheck(): void;
  push(request: object): void;
}

/** A connection's queue, and how it is told that it is not connected any more. */
function newQueue(enforceRequestTimeout = true): { readonly queue: Queue; readonly disconnect: () => void } {
  const RequestQueue = requestQueueClass() as unknown as new (options: object) => Queue;
  const logger = { debug: () => undefined, warn: () => undefined };
  let connected = true;
  const isConnected = (): boolean => connected;
  const options = { maxInFlightRequests: null, requestTimeout: 1000, enforceRequestTimeout, logger, isConnected };
  return { queue: new RequestQueue(options), disconnect: () => (connected = false) };
}

function request(correlationId: number, rejected: number[], requestTimeout?: number): object {
  const entry = { correlationId, resolve: () => undefined, reject: () => rejected.push(correlationId) };
  return { entry, expectResponse: true, requestTimeout, sendRequest: () => undefined };
}

test("one timer ends the requests of every connection when their time is over, and goes with the last of them", () => {
  mendIdleTimer();
  shareRequestTimer();
  shareRequestTimer();
  mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 1_000_000 });
  const set = mock.method(globalThis, "setInterval");
  const cleared = mock.method(globalThis, "clearInterval");
  try {
    const [one, other, never] = [newQueue(), newQueue(), newQueue(false)];
    for (const { queue } of [one, other, never]) queue.scheduleRequestTimeoutCheck();
    assert.equal(set.mock.callCount(), 1);
    const rejected: number[] = [];
    one.queue.push(request(1, rejected));
    other.queue.push(request(2, rejected, 3000));
    never.queue.push(request(3, rejected));
    mock.timers.tick(1000);
    assert.deepEqual(rejected, []);
    mock.timers.tick(250);
    assert.deepEqual(rejected, [1]);
    mock.timers.tick(2000);
    assert.deepEqual(rejected, [1, 2]);
    one.disconnect();
    mock.timers.tick(250);
    other.queue.push(request(4, rejected));
    mock.timers.tick(1250);
    assert.deepEqual(rejected, [1, 2, 4]);
    const before = cleared.mock.callCount();
    other.disconnect();
    mock.timers.tick(250);
    assert.equal(cleared.mock.callCount(), before + 1);
    newQueue().queue.scheduleRequestTimeoutCheck();
    assert.equal(set.mock.callCount(), 2);
  } finally {
    set.mock.restore();
    cleared.mock.restore();
    mock.timers.reset();
  }
});

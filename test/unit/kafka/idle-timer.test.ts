import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { mendIdleTimer } from "../../../src/kafka/patches/idle-timer.ts";
import { requestQueueClass } from "../../../src/kafka/patches/request-queue.ts";

const upstream = requestQueueClass().prototype.scheduleCheckPendingRequests;

interface Queue {
  push(request: object): void;
  fulfillRequest(response: { correlationId: number; payload: null; size: number }): void;
  maybeThrottle(ms: number): void;
  checkPendingRequests(): void;
  destroy(): void;
}

function newQueue(maxInFlightRequests: number | null): Queue {
  const RequestQueue = requestQueueClass() as unknown as new (options: object) => Queue;
  const logger = { debug: () => undefined, warn: () => undefined };
  return new RequestQueue({ maxInFlightRequests, requestTimeout: 1000, enforceRequestTimeout: false, logger });
}

function request(correlationId: number, sent: number[]): object {
  const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
  return { entry, expectResponse: true, sendRequest: () => sent.push(correlationId) };
}

/** Holds time while `work` runs, and counts the timers that are set. */
function inHeldTime(work: (time: { timersSet: () => number; advance: (ms: number) => void }) => void): void {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const spy = mock.method(globalThis, "setTimeout");
  try {
    work({ timersSet: () => spy.mock.callCount(), advance: (ms) => mock.timers.tick(ms) });
  } finally {
    spy.mock.restore();
    mock.timers.reset();
  }
}

test("upstream's queue sets a timer though nothing waits: the reason for the patch", () => {
  inHeldTime((time) => {
    newQueue(null).checkPendingRequests();
    assert.equal(time.timersSet(), 1);
  });
});

test("the patched queue sets no timer while nothing waits", () => {
  mendIdleTimer();
  inHeldTime((time) => {
    const queue = newQueue(null);
    queue.push(request(1, []));
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    queue.checkPendingRequests();
    time.advance(1000);
    assert.equal(time.timersSet(), 0);
  });
});

test("a request that a throttled broker must wait for is sent when the throttling ends, by one timer", () => {
  mendIdleTimer();
  inHeldTime((time) => {
    const queue = newQueue(null);
    const sent: number[] = [];
    queue.maybeThrottle(500);
    queue.push(request(1, sent));
    queue.push(request(2, sent));
    time.advance(499);
    assert.deepEqual(sent, []);
    assert.equal(time.timersSet(), 1);
    time.advance(1);
    assert.deepEqual(sent, [1, 2]);
    time.advance(1000);
    assert.equal(time.timersSet(), 1);
  });
});

test("throttling that is prolonged while a request waits keeps it waiting, and not for ever", () => {
  mendIdleTimer();
  inHeldTime((time) => {
    const queue = newQueue(null);
    const sent: number[] = [];
    queue.maybeThrottle(100);
    queue.push(request(1, sent));
    queue.maybeThrottle(300);
    time.advance(299);
    assert.deepEqual(sent, []);
    time.advance(1);
    assert.deepEqual(sent, [1]);
  });
});

test("a request past the in-flight limit is sent as soon as an answer makes room", () => {
  mendIdleTimer();
  inHeldTime(() => {
    const queue = newQueue(1);
    const sent: number[] = [];
    queue.push(request(1, sent));
    queue.push(request(2, sent));
    assert.deepEqual(sent, [1]);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    assert.deepEqual(sent, [1, 2]);
    queue.destroy();
  });
});

test("applying twice changes nothing", () => {
  mendIdleTimer();
  const patched = requestQueueClass().prototype.scheduleCheckPendingRequests;
  mendIdleTimer();
  assert.equal(requestQueueClass().prototype.scheduleCheckPendingRequests, patched);
  assert.notEqual(patched, upstream);
});

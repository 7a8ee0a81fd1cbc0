import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mock, test } from "node:test";
import { Kafka } from "kafkajs";
import { BridgeError } from "../../../src/errors.ts";
import {
  applyPatches,
  assertPatchable,
  decoderClass,
  internalCluster,
  mendIdleTimer,
  patchedVersion,
  requestQueueClass,
} from "../../../src/kafka/connection/patch.ts";

const upstream = requestQueueClass().prototype.scheduleCheckPendingRequests;
const upstreamArray = decoderClass().prototype.readVarIntArray;

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

/** Counts the timers that are set, and holds time. */
function holdTime(): { timersSet: () => number; advance: (ms: number) => void; release: () => void } {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const spy = mock.method(globalThis, "setTimeout");
  return {
    timersSet: () => spy.mock.callCount(),
    advance: (ms) => mock.timers.tick(ms),
    release: () => {
      spy.mock.restore();
      mock.timers.reset();
    },
  };
}

test("the kafkajs that is installed is the one the patch was written for", () => {
  assert.doesNotThrow(() => assertPatchable(patchedVersion, upstream));
});

test("another version, another source or no method at all is refused as INTERNAL, naming the file to read", () => {
  const refused = (error: unknown) =>
    error instanceof BridgeError &&
    error.code === "INTERNAL" &&
    error.message.includes("src/kafka/connection/patch.ts");
  assert.throws(() => assertPatchable("2.2.5", upstream), refused);
  assert.throws(() => assertPatchable(patchedVersion, () => undefined), refused);
  assert.throws(() => assertPatchable(patchedVersion, undefined), refused);
});

test("upstream's queue sets a timer though nothing waits: the reason for the patch", () => {
  const time = holdTime();
  try {
    newQueue(null).checkPendingRequests();
    assert.equal(time.timersSet(), 1);
  } finally {
    time.release();
  }
});

test("the patched queue sets no timer while nothing waits", () => {
  mendIdleTimer();
  const time = holdTime();
  try {
    const queue = newQueue(null);
    queue.push(request(1, []));
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    queue.checkPendingRequests();
    time.advance(1000);
    assert.equal(time.timersSet(), 0);
  } finally {
    time.release();
  }
});

test("a request that a throttled broker must wait for is sent when the throttling ends, by one timer", () => {
  mendIdleTimer();
  const time = holdTime();
  try {
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
  } finally {
    time.release();
  }
});

test("throttling that is prolonged while a request waits keeps it waiting, and not for ever", () => {
  mendIdleTimer();
  const time = holdTime();
  try {
    const queue = newQueue(null);
    const sent: number[] = [];
    queue.maybeThrottle(100);
    queue.push(request(1, sent));
    queue.maybeThrottle(300);
    time.advance(299);
    assert.deepEqual(sent, []);
    time.advance(1);
    assert.deepEqual(sent, [1]);
  } finally {
    time.release();
  }
});

test("a request past the in-flight limit is sent as soon as an answer makes room", () => {
  mendIdleTimer();
  const time = holdTime();
  try {
    const queue = newQueue(1);
    const sent: number[] = [];
    queue.push(request(1, sent));
    queue.push(request(2, sent));
    assert.deepEqual(sent, [1]);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    assert.deepEqual(sent, [1, 2]);
    queue.destroy();
  } finally {
    time.release();
  }
});

test("applying twice changes nothing", () => {
  mendIdleTimer();
  const patched = requestQueueClass().prototype.scheduleCheckPendingRequests;
  mendIdleTimer();
  assert.equal(requestQueueClass().prototype.scheduleCheckPendingRequests, patched);
  assert.notEqual(patched, upstream);
});

test("kafkajs's inner cluster is found, and opens nothing by itself", () => {
  const cluster = internalCluster(new Kafka({ brokers: ["127.0.0.1:1"] }));
  assert.equal(typeof cluster.findGroupCoordinator, "function");
});

test("a kafkajs without that cluster is refused as INTERNAL, naming the file to read", () => {
  assert.throws(
    () => internalCluster(Object.create(Kafka.prototype) as Kafka),
    (error) =>
      error instanceof BridgeError &&
      error.code === "INTERNAL" &&
      error.message.includes("src/kafka/connection/patch.ts"),
  );
});

const require = createRequire(import.meta.url);
type Headers = Record<string, string | string[]>;

/** A record through kafkajs's own encoder and decoder. */
function decodedHeaders(headers: Headers): Record<string, unknown> {
  const encode = require("kafkajs/src/protocol/recordBatch/record/v0/index.js") as (record: object) => {
    buffer: Buffer;
  };
  const decode = require("kafkajs/src/protocol/recordBatch/record/v0/decoder.js") as (
    decoder: unknown,
    batch: object,
  ) => { headers: Record<string, unknown> };
  const Decoder = decoderClass() as unknown as new (buffer: Buffer) => { readVarInt(): number };
  const { buffer } = encode({ offsetDelta: 0, timestampDelta: 0, key: "k", value: "v", headers });
  const decoder = new Decoder(buffer);
  decoder.readVarInt();
  return decode(decoder, { firstOffset: "0", firstTimestamp: "0" }).headers;
}

test("upstream takes a header named like a property of every object for one that stood twice: a reason for the patch", () => {
  const { prototype } = decoderClass();
  const patched = prototype.readVarIntArray;
  prototype.readVarIntArray = upstreamArray;
  try {
    assert.ok(Array.isArray(decodedHeaders(Object.fromEntries([["constructor", "x"]]))["constructor"]));
  } finally {
    prototype.readVarIntArray = patched;
  }
});

test("patched, a header's name is only a name, and one that stands twice is a list", () => {
  applyPatches();
  const odd = Object.fromEntries(["constructor", "__proto__", "toString", "plain"].map((name) => [name, "x"]));
  const decoded = decodedHeaders({ ...odd, twice: ["1", "2", "3"] });
  for (const name of Object.keys(odd)) {
    assert.deepEqual(Object.getOwnPropertyDescriptor(decoded, name)?.value, Buffer.from("x"), name);
  }
  assert.deepEqual(
    decoded["twice"],
    ["1", "2", "3"].map((text) => Buffer.from(text)),
  );
  assert.deepEqual(decodedHeaders({}), {});
});

test("patched, a record of 50,000 headers is read at once instead of in minutes", () => {
  applyPatches();
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`h${at}`, "x"]));
  const startMs = performance.now();
  assert.equal(Object.keys(decodedHeaders(many)).length, 50_000);
  // Upstream takes over ten minutes.
  assert.ok(performance.now() - startMs < 20_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { joinSource } from "../../../src/kafka/patches/before-join.ts";
import { consumerGroupClass } from "../../../src/kafka/patches/consumer-group.ts";
import {
  fetchRequestSource,
  fetchResponseSource,
  fetchVersions,
  upstreamFetchRequest,
  upstreamResponse,
} from "../../../src/kafka/patches/fast-fetch.ts";
import { produceRequestSource, produceVersions, upstreamRequest } from "../../../src/kafka/patches/fast-produce.ts";
import { fetchSource } from "../../../src/kafka/patches/fetch-wait.ts";
import { idleTimerSource } from "../../../src/kafka/patches/idle-timer.ts";
import { assertSource, patchedVersion, replace, type Source } from "../../../src/kafka/patches/patch.ts";
import { patchKafkajs } from "../../../src/kafka/patches/patch-kafkajs.ts";
import { decoderClass, recordDecoder, recordDecoderSource } from "../../../src/kafka/patches/record-headers.ts";
import { requestQueueClass } from "../../../src/kafka/patches/request-queue.ts";
import { timeoutCheckSource } from "../../../src/kafka/patches/request-timeouts.ts";
import { heartbeatSource, runnerClass } from "../../../src/kafka/patches/stopped-heartbeat.ts";
import { groupingSource, upstreamGrouping } from "../../../src/kafka/produce/grouped-messages.ts";

/** What is read, before anything is replaced. */
const read: readonly (readonly [Source, unknown])[] = [
  [idleTimerSource, requestQueueClass().prototype.scheduleCheckPendingRequests],
  [timeoutCheckSource, requestQueueClass().prototype.scheduleRequestTimeoutCheck],
  [recordDecoderSource, recordDecoder()],
  [joinSource, consumerGroupClass().prototype.joinAndSync],
  [fetchSource, consumerGroupClass().prototype.fetch],
  [heartbeatSource, runnerClass().prototype.heartbeat],
  [fetchRequestSource, upstreamFetchRequest()],
  [fetchResponseSource, upstreamResponse().decode],
  [produceRequestSource, upstreamRequest()],
  [groupingSource, upstreamGrouping()],
];

/** What is replaced, as it is now. */
const inPlace = (): readonly unknown[] => [
  requestQueueClass().prototype.scheduleCheckPendingRequests,
  requestQueueClass().prototype.scheduleRequestTimeoutCheck,
  decoderClass().prototype.readVarIntArray,
  consumerGroupClass().prototype.joinAndSync,
  consumerGroupClass().prototype.fetch,
  runnerClass().prototype.heartbeat,
  fetchVersions().protocol,
  produceVersions().protocol,
];

test("the kafkajs that is installed is the one that was read, in every place", () => {
  for (const [source, found] of read) assert.doesNotThrow(() => assertSource(found, source), source.name);
});

test("another version, another source or no function at all is refused as INTERNAL, naming what to read", () => {
  for (const [source, found] of read) {
    const refused = (error: unknown) =>
      error instanceof BridgeError &&
      error.code === "INTERNAL" &&
      error.message.includes("src/kafka/patches/") &&
      error.message.includes(source.name);
    assert.throws(() => assertSource(found, source, "2.2.5"), refused);
    assert.throws(() => assertSource(() => undefined, source, patchedVersion), refused);
    assert.throws(() => assertSource(undefined, source), refused);
  }
});

test("what is not the function that was read stays in its place", () => {
  const owner = { method: () => "theirs" };
  const source = { name: "owner.method", hash: "another" };
  assert.throws(() => replace(owner, "method", source, () => () => "ours"), BridgeError);
  assert.equal(owner.method(), "theirs");
});

test("patching replaces everything, once", () => {
  const upstream = inPlace();
  patchKafkajs();
  const patched = inPlace();
  patched.forEach((one, at) => assert.notEqual(one, upstream[at]));
  patchKafkajs();
  assert.deepEqual(inPlace(), patched);
});

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { Kafka, KafkaMessage } from "kafkajs";
import { BridgeError } from "../../errors.ts";

/**
 * Where kafkajs is changed or its internals are called. Each reach states what it relies on and refuses to work on
 * anything else: kafkajs offers no other way, and a version that differs must be read again before it is trusted. Its
 * version is asserted here for before-join.ts, unreadable-batch.ts, own-sockets.ts, broker-errors.ts and consumer.ts, too.
 */

export const patchedVersion = "2.2.4";

/** SHA-256 of the source of the method that is replaced, as version 2.2.4 has it. */
export const patchedSourceHash = "04347ea969c6f2e3754427c0cbaee0bd4ce947fbd82f7b6e027506a06dfc581a";

/** The same of the function that decodes a record: it calls readVarIntArray(...).reduce(...) for the headers, and nothing else does. */
export const recordDecoderHash = "fbe3525528b41bced97fb4ab8a5669fcdc18b56179a1e565690feae7b5f80ac7";

/** What the replacement uses of kafkajs's RequestQueue (src/network/requestQueue/index.js). */
export interface RequestQueue {
  readonly pending: { readonly length: number };
  /** Milliseconds since 1970; in the past or -1 when the broker does not throttle. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

interface RequestQueueClass {
  readonly prototype: RequestQueue & { scheduleCheckPendingRequests: unknown };
}

/** kafkajs's own pause before it looks again at requests that wait for a free place. Milliseconds. */
const lookAgainMs = 10;

interface Decoder {
  readVarInt(): number;
}

type ReadVarIntArray = (this: Decoder, reader: (decoder: Decoder) => RawHeader) => FoldedHeaders;

/** A header as kafkajs decodes it; null on the wire stays null. */
interface RawHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** What a record's decoder asks of the list of headers. */
interface FoldedHeaders {
  reduce(): Readonly<Record<string, RawHeader["value"] | RawHeader["value"][]>>;
}

/**
 * Both repairs of kafkajs. Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or a method not the
 * source, that was read.
 */
export function applyPatches(): void {
  mendIdleTimer();
  const { prototype } = decoderClass();
  if (prototype.readVarIntArray === readHeaders) return;
  assertPatchable(kafkajsVersion(), require(recordDecoder), recordDecoderHash, "the decoder of records");
  prototype.readVarIntArray = readHeaders;
}

/**
 * Stops the timer that every idle connection of kafkajs restarts each millisecond, with a negative delay: 4-5 % of a
 * core and a TimeoutNegativeWarning each on Node 24. Ours is set only while a request waits.
 * Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read.
 */
export function mendIdleTimer(): void {
  const method = "scheduleCheckPendingRequests";
  const prototype = requestQueueClass().prototype as Record<typeof method, typeof scheduleWhilePending>;
  wrapMethod(prototype, { of: "RequestQueue", method, hash: patchedSourceHash }, () => scheduleWhilePending);
}

/** Throws BridgeError INTERNAL unless this is the method of the version that was read. */
export function assertPatchable(
  version: string,
  method: unknown,
  hash: string = patchedSourceHash,
  name = "RequestQueue.scheduleCheckPendingRequests",
): void {
  const found = typeof method === "function" ? createHash("sha256").update(String(method)).digest("hex") : "no method";
  if (version === patchedVersion && found === hash) return;
  throw new BridgeError(
    "INTERNAL",
    `kafkajs ${version} is not the ${patchedVersion} this program was written for: read src/kafka/connection/patch.ts, check ` +
      `${name} (found ${found}) and update the version and the hash`,
  );
}

/**
 * Puts a method made of kafkajs's own in its place. Idempotent.
 * Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read.
 */
export function wrapMethod<Name extends string, Method extends WeakKey>(
  prototype: Record<Name, Method>,
  { hash, method, of }: { readonly method: Name; readonly of: string; readonly hash: string },
  wrap: (upstream: Method) => Method,
): void {
  const upstream = prototype[method];
  if (wrapped.has(upstream)) return;
  assertPatchable(kafkajsVersion(), upstream, hash, `${of}.${method}`);
  prototype[method] = wrap(upstream);
  wrapped.add(prototype[method]);
}

const wrapped = new WeakSet();

/** What is used of kafkajs's Cluster (src/cluster/index.js) where its public clients offer no way. */
export interface InternalCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(of: { readonly groupId: string }): Promise<InternalBroker>;
  /** Loads what is known of the topic, once. */
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  /** The partitions of a topic that is known; none of one that is not. */
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
  /** Partitions by the node that leads them; none for a partition that does not exist. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(of: { readonly nodeId: string }): Promise<InternalBroker>;
  /** The first offset that is kept of each partition, or the one that its next record gets. */
  fetchTopicsOffset(
    of: readonly PartitionOffsets[],
  ): Promise<readonly { readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]>;
}

export interface PartitionOffsets {
  readonly topic: string;
  readonly fromBeginning: boolean;
  readonly partitions: readonly { readonly partition: number }[];
}

export interface InternalBroker {
  offsetCommit(request: OffsetCommit): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  fetch(request: Fetch): Promise<Fetched>;
}

export interface Fetch {
  /** 0: also what a transaction has not committed, so that the end of the log is reached. */
  readonly isolationLevel: 0 | 1;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

export interface Fetched {
  readonly responses: readonly {
    readonly partitions: readonly {
      /** Of whole batches: some may stand before the offset that was asked for. */
      readonly messages: readonly (KafkaMessage & { readonly isControlRecord?: boolean })[];
    }[];
  }[];
}

export interface OffsetCommit {
  readonly groupId: string;
  /** -1 with an empty member id: from outside the group, which the broker takes only while it has no members. */
  readonly groupGenerationId: number;
  readonly memberId: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string }[];
  }[];
}

/** A connection of its own, with the settings of `kafka`. Throws BridgeError INTERNAL when kafkajs has no such thing any more. */
export function internalCluster(kafka: Kafka): InternalCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === "private:Kafka:createCluster",
  );
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  const cluster =
    typeof create === "function"
      ? (create as (options: { allowAutoTopicCreation: boolean }) => unknown)({ allowAutoTopicCreation: false })
      : undefined;
  if (kafkajsVersion() === patchedVersion && isInternalCluster(cluster)) return cluster;
  throw new BridgeError(
    "INTERNAL",
    `kafkajs ${kafkajsVersion()} has not the Cluster of ${patchedVersion} this program was written for: read src/kafka/connection/patch.ts`,
  );
}

const clusterMethods: readonly (keyof InternalCluster)[] = [
  "connect",
  "disconnect",
  "findGroupCoordinator",
  "addTargetTopic",
  "refreshMetadata",
  "findTopicPartitionMetadata",
  "findLeaderForPartitions",
  "findBroker",
  "fetchTopicsOffset",
];

function isInternalCluster(cluster: unknown): cluster is InternalCluster {
  return (
    typeof cluster === "object" &&
    cluster !== null &&
    clusterMethods.every((method) => typeof Reflect.get(cluster, method) === "function")
  );
}

/** kafkajs's RequestQueue, for the patch and its tests. */
export function requestQueueClass(): RequestQueueClass {
  return require("kafkajs/src/network/requestQueue/index.js") as RequestQueueClass;
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

/** kafkajs's Decoder, for the patch and its tests. */
export function decoderClass(): { readonly prototype: { readVarIntArray: unknown } } {
  return require("kafkajs/src/protocol/decoder.js") as { prototype: { readVarIntArray: unknown } };
}

/**
 * Where upstream copies all headers for each further one (8,000 of them, 63 KB, hold the event loop for 16 s, and the record
 * comes again after the rejoin), this looks at each once. And where upstream takes a header named like a property of every
 * object ("constructor") for one that stood twice, with a function for its first value, here a name is only a name.
 */
const readHeaders: ReadVarIntArray = function (reader) {
  const headers = new Map<string, RawHeader["value"] | RawHeader["value"][]>();
  for (let left = this.readVarInt(); left > 0; left--) {
    const { key, value } = reader(this);
    const before = headers.get(key);
    if (before === undefined) headers.set(key, value);
    else if (Array.isArray(before)) before.push(value);
    else headers.set(key, [before, value]);
  }
  return { reduce: () => Object.fromEntries(headers) };
};

const recordDecoder = "kafkajs/src/protocol/recordBatch/record/v0/decoder.js";
const require = createRequire(import.meta.url);

export function kafkajsVersion(): string {
  return (require("kafkajs/package.json") as { version: string }).version;
}

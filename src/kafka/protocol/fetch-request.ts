import { Output } from "./output.ts";

/** What kafkajs asks a broker for (src/protocol/requests/fetch/v11/request.js). */
export interface FetchRequest {
  /** [-1: a consumer] */
  readonly replicaId?: number | undefined;
  /** Milliseconds. */
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** 0: read uncommitted [1: read committed]. */
  readonly isolationLevel?: number | undefined;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
  /** [none] */
  readonly rackId?: string | undefined;
}

const headBytes = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4;
const partitionBytes = 4 + 4 + 8 + 8 + 4;
/** No session, and none to be begun (KIP-227): each request names all partitions. */
const [noSession, noEpoch] = [0, -1];
/** Of the leader of a partition, and of where its log starts: only a broker that copies another one says it. */
const unknown = -1;

/**
 * The body of a Fetch request, version 11 (kafka.apache.org/protocol#The_Messages_Fetch), in one buffer. kafkajs makes an
 * encoder with a buffer of 512 bytes for each partition and each topic, and copies each into the next.
 */
export function encodeFetchRequest(request: FetchRequest): Buffer {
  const { isolationLevel = 1, maxBytes, maxWaitTime, minBytes, rackId = "", replicaId = -1, topics } = request;
  const out = new Output(sizeOf(rackId, topics));
  out.int32(replicaId);
  out.int32(maxWaitTime);
  out.int32(minBytes);
  out.int32(maxBytes);
  out.int8(isolationLevel);
  out.int32(noSession);
  out.int32(noEpoch);
  out.int32(topics.length);
  for (const { partitions, topic } of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { fetchOffset, maxBytes: most, partition } of partitions) {
      out.int32(partition);
      out.int32(unknown);
      out.int64(BigInt(fetchOffset));
      out.int64(BigInt(unknown));
      out.int32(most);
    }
  }
  const forgottenTopics = 0;
  out.int32(forgottenTopics);
  out.string(rackId);
  return out.bytes;
}

function sizeOf(rackId: string, topics: FetchRequest["topics"]): number {
  let bytes = headBytes + 4 + 2 + Buffer.byteLength(rackId);
  for (const { partitions, topic } of topics) {
    bytes += 2 + Buffer.byteLength(topic) + 4 + partitions.length * partitionBytes;
  }
  return bytes;
}

import type { Kafka, KafkaMessage } from "kafkajs";
import { BridgeError } from "../../errors.ts";
import { kafkajsVersion, patchedVersion } from "../patches/patch.ts";
import type { FetchRequest } from "../protocol/fetch-request.ts";

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

export interface Fetch extends Pick<FetchRequest, "maxWaitTime" | "minBytes" | "maxBytes" | "topics"> {
  /** 0: also what a transaction has not committed, so that the end of the log is reached. */
  readonly isolationLevel: 0 | 1;
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
  const here = "src/kafka/connection/internal-cluster.ts";
  throw new BridgeError(
    "INTERNAL",
    `kafkajs ${kafkajsVersion()} has not the Cluster of ${patchedVersion} this program was written for: read ${here}`,
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

import { randomUUID } from "node:crypto";
import type { Admin } from "kafkajs";
import { createKafkaClient, type KafkaClient } from "../../src/kafka/connection/client.ts";
import type { Logger } from "../../src/model/logger.ts";
import { silentLogger } from "../../src/model/logger.ts";
import type { InboundRecord, TopicPartition } from "../../src/model/record.ts";
import type { AssignedPartition, RecordSink } from "../../src/model/record-source.ts";
import { eventually } from "./eventually.ts";
import { topicContents } from "./topic-contents.ts";

export function testClient(
  options: { brokers?: string; logger?: Logger; requestTimeoutMs?: number } = {},
): KafkaClient {
  const { brokers = process.env["KAFKA_BROKERS"] ?? "", logger = silentLogger, requestTimeoutMs = 10_000 } = options;
  const settings = { clientId: "test", tls: null, sasl: null, connectionTimeoutMs: 2000, requestTimeoutMs };
  return createKafkaClient({ ...settings, brokers: brokers.split(",") }, logger);
}

/** Topics and groups under a name of their own, removed at the end. */
export class Workspace {
  readonly prefix: string = `test-${randomUUID().slice(0, 8)}`;
  readonly client: KafkaClient;
  readonly admin: Admin;
  readonly #topics: string[] = [];
  readonly #groups: string[] = [];

  private constructor(client: KafkaClient) {
    this.client = client;
    this.admin = client.kafka.admin();
  }

  static async open(client: KafkaClient = testClient()): Promise<Workspace> {
    const workspace = new Workspace(client);
    await workspace.admin.connect();
    return workspace;
  }

  async topic(name: string, partitions: number, config: Record<string, string> = {}): Promise<string> {
    const topic = `${this.prefix}.${name}`;
    this.#topics.push(topic);
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await this.admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, configEntries }],
    });
    // kafkajs's own waiting fails when the broker has not heard of the topic yet.
    await eventually(`${topic} is there`, async () => {
      const offsets = await this.admin.fetchTopicOffsets(topic).catch(() => []);
      return offsets.length === partitions;
    });
    return topic;
  }

  group(name = "group"): string {
    const group = `${this.prefix}.${name}.${this.#groups.length}`;
    this.#groups.push(group);
    return group;
  }

  /** Committed offsets by partition, -1 where there is none. */
  async committed(groupId: string, topic: string): Promise<Record<number, number>> {
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    return Object.fromEntries((offsets?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** Everything a topic holds, partition by partition, read once from beginning to end. */
  async contents(topic: string): Promise<Map<number, string[]>> {
    const partitions = await this.admin.fetchTopicOffsets(topic);
    const values = new Map(partitions.map(({ partition }) => [partition, [] as string[]]));
    const { admin, client } = this;
    for (const { partition, value } of await topicContents({ admin, kafka: client.kafka }, topic, this.group("read")))
      values.get(partition)?.push(value?.toString() ?? "");
    return values;
  }

  async close(): Promise<void> {
    if (this.#groups.length > 0) await this.admin.deleteGroups(this.#groups).catch(() => undefined);
    if (this.#topics.length > 0) await this.admin.deleteTopics({ topics: this.#topics });
    await this.admin.disconnect();
  }
}

/** A sink that remembers; `owned` is null before the first join. */
export class MemorySink implements RecordSink {
  owned: readonly AssignedPartition[] | null = null;
  readonly assignments: (readonly AssignedPartition[])[] = [];
  readonly records: InboundRecord[] = [];

  assigned(partitions: readonly AssignedPartition[]): void {
    this.owned = partitions;
    this.assignments.push(partitions);
  }

  accept(records: readonly InboundRecord[]): void {
    this.records.push(...records);
  }

  values(): string[] {
    return this.records.map(({ value }) => value?.toString() ?? "");
  }

  numbers(): number[] {
    return (this.owned ?? []).map(({ partition }) => partition).sort((left, right) => left - right);
  }

  of({ topic, partition }: TopicPartition): InboundRecord[] {
    return this.records.filter((record) => record.topic === topic && record.partition === partition);
  }
}

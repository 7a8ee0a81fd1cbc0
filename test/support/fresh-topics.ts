import { randomUUID } from "node:crypto";
import type { Admin } from "kafkajs";
import { createKafkaClient, type KafkaClient } from "../../src/kafka/connection/client.ts";
import { createRecordProducer, type RecordProducer } from "../../src/kafka/produce/producer.ts";
import { createRegistry, type Registry } from "../../src/kafka/registry/registry.ts";
import { setUp } from "../../src/kafka/topics/setup.ts";
import { silentLogger } from "../../src/model/logger.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import { type TopicNames, topicNames } from "../../src/model/topics.ts";
import { createBillingClient } from "../../src/sdk/billing-client.ts";
import type { BillingClient, BillingClientOptions } from "../../src/sdk/client-options.ts";
import { topicContents } from "./topic-contents.ts";

/** Where a broker and a registry are; by default the ones the runner names in the environment. */
export interface Servers {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
}

export const sharedServers: Servers = {
  kafkaBrokers: process.env["KAFKA_BROKERS"] ?? "",
  schemaRegistryUrl: process.env["SCHEMA_REGISTRY_URL"] ?? "",
};

export interface FreshTopicsOptions {
  readonly partitions?: number;
  readonly servers?: Servers;
  /** Default: a new one. Topics that are there already under a given one are used as they are. */
  readonly prefix?: string;
}

/** All topics and schemas under a prefix of their own. Groups share the prefix. Close it last. */
export class FreshTopics {
  readonly prefix: string;
  readonly names: TopicNames;
  readonly servers: Servers;
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly admin: Admin;
  /** For records that no billing client would write. */
  readonly producer: RecordProducer;
  readonly #cores: BillingClient[] = [];

  private constructor(servers: Servers, prefix: string) {
    this.servers = servers;
    this.prefix = prefix;
    this.names = topicNames(prefix);
    this.client = createKafkaClient(kafkaOf(servers), silentLogger);
    this.registry = createRegistry({ ...registryOf(servers), username: null, password: null, timeoutMs: 5000 });
    this.admin = this.client.kafka.admin();
    this.producer = createRecordProducer(this.client);
  }

  static async open(options: FreshTopicsOptions = {}): Promise<FreshTopics> {
    const { partitions = 3, prefix = `t${randomUUID().slice(0, 8)}`, servers = sharedServers } = options;
    const topics = new FreshTopics(servers, prefix);
    await topics.setUp(partitions);
    await topics.admin.connect();
    await topics.producer.connect();
    return topics;
  }

  /** Creates what is missing, as the command does. */
  async setUp(partitions: number): Promise<void> {
    const { client, names, registry } = this;
    await setUp({ client, registry, names, settings: { partitions, replicationFactor: -1 } });
  }

  /** The settings that make a bridge or a command use these topics. */
  get env(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.servers.kafkaBrokers,
      SCHEMA_REGISTRY_URL: this.servers.schemaRegistryUrl,
      TOPIC_PREFIX: this.prefix,
      GROUP_PREFIX: this.prefix,
    };
  }

  /** A billing core; closed with the topics. */
  async core(options: Partial<BillingClientOptions> = {}): Promise<BillingClient> {
    const core = await createBillingClient({
      kafka: kafkaOf(this.servers),
      registry: registryOf(this.servers),
      source: "/test/core",
      topicPrefix: this.prefix,
      groupPrefix: this.prefix,
      ...options,
    });
    this.#cores.push(core);
    return core;
  }

  /** The name of a handler group's consumer group. */
  afterGroup(group: string): string {
    return `${this.prefix}.after.${group}`;
  }

  /** Members of a consumer group. */
  async members(groupId: string): Promise<number> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return groups[0]?.members.length ?? 0;
  }

  /** Everything a topic holds now, by partition and offset. */
  contents(topic: string): Promise<readonly InboundRecord[]> {
    const { admin, client, prefix } = this;
    return topicContents({ admin, kafka: client.kafka }, topic, `${prefix}.read.${randomUUID()}`);
  }

  /** Closes the cores and removes the topics. What the broker does not let go of in time stays: its name is unique. */
  async close(): Promise<void> {
    await this.#stopWriting();
    const own = (await this.admin.listTopics()).filter((topic) => topic.startsWith(`${this.prefix}.`));
    await this.admin.deleteTopics({ topics: own, timeout: 10_000 }).catch(() => undefined);
    await this.admin.disconnect();
  }

  /** Closes all but the topics: they stay, for others that know their prefix. */
  async leave(): Promise<void> {
    await this.#stopWriting();
    await this.admin.disconnect();
  }

  async #stopWriting(): Promise<void> {
    await Promise.all(this.#cores.map((core) => core.close()));
    await this.producer.close(3000);
  }
}

function kafkaOf({ kafkaBrokers }: Servers) {
  const usual = { clientId: "test", tls: null, sasl: null, connectionTimeoutMs: 2000, requestTimeoutMs: 10_000 };
  return { ...usual, brokers: kafkaBrokers.split(",") };
}

function registryOf({ schemaRegistryUrl }: Servers) {
  return { url: schemaRegistryUrl };
}

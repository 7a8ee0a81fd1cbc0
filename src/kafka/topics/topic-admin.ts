import kafkajs, { type Admin } from "kafkajs";
import type { KafkaClient } from "../connection/client.ts";
import { connectWithin, disconnectWithin } from "../connection/connect-within.ts";
import { NotYet, persistently } from "../connection/persistently.ts";
import type { FoundTopic, TopicAdmin, TopicPlan } from "./topics.ts";

export interface OpenTopicAdmin extends TopicAdmin {
  /** Resolves within two seconds. */
  close(): Promise<void>;
}

// By the default import: Node finds not every name in kafkajs's CommonJS.
const { ConfigResourceTypes, ConfigSource } = kafkajs;

/**
 * Topics by kafkajs's admin client. Connects; everything after that ends `timeoutMs` later at the latest. What a broker
 * says while it starts or moves a leader is asked again. Throws BridgeError BROKER_UNAVAILABLE, TIMED_OUT, or
 * SETTINGS_INVALID when the broker will never do what is asked (access rights, replication factor).
 */
export async function openTopicAdmin(client: Pick<KafkaClient, "own">, timeoutMs: number): Promise<OpenTopicAdmin> {
  const giveUpAtMs = performance.now() + timeoutMs;
  const { kafka, dropSockets } = client.own();
  const admin = kafka.admin();
  const close = (): Promise<void> => disconnectWithin(2000, dropSockets, admin);
  const asked = async <T>(what: string, ask: () => Promise<T>) => persistently(what, giveUpAtMs, ask);
  try {
    await connectWithin(timeoutMs, admin);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    find: async (topics) => asked("reading the topics", () => find(admin, topics)),
    create: async (plans) => {
      await asked("creating topics", () => admin.createTopics({ topics: plans.map(asTopic), waitForLeaders: false }));
      await asked("waiting for leaders", () =>
        leaders(
          admin,
          plans.map(({ topic }) => topic),
        ),
      );
    },
    alter: async (topic, config) => {
      const configEntries = [...config].map(([name, value]) => ({ name, value }));
      const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries };
      await asked("changing topics", async () => {
        await admin.alterConfigs({ validateOnly: false, resources: [resource] });
      });
    },
    close,
  };
}

function asTopic({ topic, partitions, replicationFactor, config }: TopicPlan) {
  const configEntries = Object.entries(config).map(([name, value]: [string, string]) => ({ name, value }));
  return { topic, numPartitions: partitions, replicationFactor, configEntries };
}

async function find(admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, FoundTopic>> {
  const existing = new Set(await admin.listTopics());
  const topics = names.filter((name) => existing.has(name));
  if (topics.length === 0) return new Map();
  const [metadata, described] = await Promise.all([
    admin.fetchTopicMetadata({ topics }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    }),
  ]);
  const partitions = new Map(metadata.topics.map(({ name, partitions: { length } }) => [name, length]));
  return new Map(
    described.resources.map(({ resourceName, configEntries }) => [
      resourceName,
      {
        partitions: partitions.get(resourceName) ?? 0,
        config: new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        overrides: new Map(
          configEntries
            .filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)
            .map(({ configName, configValue }) => [configName, configValue]),
        ),
      },
    ]),
  );
}

/** A topic that was just created takes no records before each of its partitions has a leader. */
async function leaders(admin: Admin, topics: string[]): Promise<void> {
  const metadata = await admin.fetchTopicMetadata({ topics });
  const without = metadata.topics.filter(({ partitions }) => partitions.some(({ leader }) => leader < 0));
  if (without.length > 0) throw new NotYet(`no leader yet: ${without.map(({ name }) => name).join(", ")}`);
}

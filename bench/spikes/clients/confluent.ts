import library, {
  type KafkaConsumer as AnyConsumer,
  type Producer as AnyProducer,
  type Message,
} from "@confluentinc/kafka-javascript";
import type { HeaderValue, InboundRecord } from "../../../src/model/record.ts";
import { type FloorClient, floorCommitMs, floorPartitions, floorWaitMs } from "../../floor/client.ts";
import { ConfluentSender } from "./confluent-sender.ts";
import type { Library } from "./library.ts";

const { KafkaConsumer, Producer } = library;

/** librdkafka by its own interface: that of kafkajs, which the library has too, makes a promise of each record. */
export const confluent: Library = {
  floor: (brokers) => new Floor(brokers),
  sender: (brokers) => new ConfluentSender(brokers),
  read: (brokers, topic, accept) =>
    consumeLoop(brokers, topic, false, (messages) => accept(messages.map((message) => inboundRecord(message)))),
};

class Floor implements FloorClient {
  readonly #brokers: string;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  async producer() {
    const producer = await newProducer(this.#brokers);
    return (topic: string, messages: Parameters<Awaited<ReturnType<FloorClient["producer"]>>>[1]) =>
      new Promise((resolve, reject) => {
        let open = messages.length;
        const done = (error: Error | null): void => {
          if (error !== null) reject(error);
          else if (--open === 0) resolve(undefined);
        };
        for (const { headers, key, value } of messages) {
          producer.produce(topic, null, value, key, null, done, headerList(headers));
        }
      });
  }

  consume(topic: string, take: Parameters<FloorClient["consume"]>[1]): Promise<void> {
    return consumeLoop(this.#brokers, topic, true, take as (messages: readonly Message[]) => Promise<void> | void);
  }

  header(record: { readonly headers?: unknown }, name: string): Buffer | undefined {
    const found = (record.headers as readonly Record<string, Buffer>[]).find((header) => name in header);
    return found?.[name];
  }
}

export function headerList(headers: Readonly<Record<string, unknown>>): Record<string, string | Buffer>[] {
  return Object.entries(headers).map(([name, value]) => ({ [name]: value as string | Buffer }));
}

/** What a record carries as `opaque` is called with its error or null, and its report. */
export type Reported = (error: Error | null, report: { readonly partition: number; readonly offset: number }) => void;

export async function newProducer(brokers: string): Promise<AnyProducer> {
  const producer = new Producer({
    "client.id": "spike",
    "bootstrap.servers": brokers,
    "enable.idempotence": true,
    acks: -1,
    "max.in.flight": 1,
    // What queued up while a request was out makes the next, as everywhere in the spike.
    "linger.ms": 0,
    "batch.num.messages": 10_000,
    "allow.auto.create.topics": false,
    dr_cb: true,
  });
  producer.on("delivery-report", (error, report) =>
    (report.opaque as Reported)(error as unknown as Error | null, report),
  );
  await connected(producer);
  producer.setPollInBackground(true);
  return producer;
}

/** Resolves once it has joined; then goes on for ever. */
async function consumeLoop(
  brokers: string,
  topic: string,
  commits: boolean,
  take: (messages: readonly Message[]) => Promise<void> | void,
): Promise<void> {
  const consumer: AnyConsumer = new KafkaConsumer(
    {
      "client.id": "spike",
      "bootstrap.servers": brokers,
      "group.id": `${topic}.${process.pid}`,
      "enable.auto.commit": commits,
      "auto.commit.interval.ms": floorCommitMs,
      "fetch.wait.max.ms": floorWaitMs,
      "fetch.max.bytes": 10_485_760,
      "max.partition.fetch.bytes": 1_048_576,
      "queued.max.messages.kbytes": 10_240,
      rebalance_cb: true,
    },
    { "auto.offset.reset": "earliest" },
  );
  await connected(consumer);
  consumer.setDefaultConsumeTimeout(floorWaitMs);
  // Not in the types: it waits for the first record, not until it has as many as it was asked for.
  (
    consumer as unknown as { setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void }
  ).setDefaultIsTimeoutOnlyForFirstMessage(true);
  consumer.subscribe([topic]);
  const joined = new Promise((resolve) => consumer.once("rebalance", resolve));
  const next = (): void => {
    consumer.consume(floorPartitions * 200, (error, messages) => {
      // A timeout without a record is no error of the loop's.
      const taken = (error as unknown) === null ? take(messages) : undefined;
      if (taken === undefined) next();
      else void taken.then(next);
    });
  };
  next();
  await joined;
}

function connected(client: AnyConsumer | AnyProducer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.connect({ timeout: 10_000 }, (error) =>
      (error as unknown) === null ? resolve() : reject(new Error(error.message)),
    );
  });
}

function inboundRecord({ headers, key, offset, partition, timestamp, topic, value }: Message): InboundRecord {
  return {
    topic,
    partition,
    offset,
    timestampMs: timestamp ?? -1,
    key: typeof key === "string" ? Buffer.from(key) : (key ?? null),
    value,
    headers: headersOf(headers ?? []),
  };
}

/** Not copied: each record is in memory of its own already. */
function headersOf(list: readonly Record<string, unknown>[]): Record<string, HeaderValue> {
  const headers = Object.create(null) as Record<string, HeaderValue>;
  for (const header of list) {
    for (const name in header) {
      const value = header[name] as Buffer;
      const there = headers[name];
      if (there === undefined) headers[name] = value;
      else headers[name] = [...(Array.isArray(there) ? (there as Buffer[]) : [there as Buffer]), value];
    }
  }
  return headers;
}

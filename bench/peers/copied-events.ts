import type { Message } from "kafkajs";
import type { InboundRecord } from "../../src/model/record.ts";
import type { FreshTopics } from "../../test/support/fresh-topics.ts";
import { type FactMaker, factMaker, sampleData } from "../support/facts.ts";

/** A partition's part of a send stays well below what a broker takes. */
const batch = 1000;

/**
 * Makes `clients.update` facts of the peers' records: as many in each partition, in the same order, one client for each
 * key, of some 300 bytes of Avro as theirs are of JSON. What an earlier run has written is left; its offsets are theirs.
 */
export async function copyEvents(topics: FreshTopics, from: string): Promise<void> {
  const there = await endsOf(topics, topics.names.facts.clients);
  const wanted = await endsOf(topics, from);
  if (wanted.every((end, partition) => end === there[partition])) return;
  const missing = (await topics.contents(from)).filter(({ offset, partition }) => offset >= (there[partition] ?? 0));
  const make = await factMaker(topics);
  const producer = topics.client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let first = 0; first < missing.length; first += batch) {
      const messages = missing.slice(first, first + batch).map((record) => copyOf(record, make));
      await producer.send({ topic: topics.names.facts.clients, acks: -1, messages });
    }
  } finally {
    await producer.disconnect();
  }
}

async function endsOf(topics: FreshTopics, topic: string): Promise<readonly number[]> {
  const ends: number[] = [];
  for (const { high, partition } of await topics.admin.fetchTopicOffsets(topic)) ends[partition] = Number(high);
  return ends;
}

function copyOf({ key, offset, partition }: InboundRecord, make: FactMaker): Message {
  const client = 1 + Number(/\d+$/.exec(String(key))?.[0] ?? 0);
  return { partition, ...make(`peer-${partition}-${offset}`, sampleData(client, offset)) };
}

import type { Message } from "kafkajs";
import { eventHeaders } from "../../src/kafka/records/headers.ts";
import { schemaOfEvent, subjectOf } from "../../src/kafka/registry/schemas.ts";
import type { Data } from "../../src/model/data.ts";
import { findEventType } from "../../src/model/event-catalogue.ts";
import type { InboundRecord } from "../../src/model/record.ts";
import type { FreshTopics } from "../../test/support/fresh-topics.ts";
import { sampleData } from "../support/facts.ts";

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
  const factOf = await factMaker(topics);
  const producer = topics.client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let first = 0; first < missing.length; first += batch) {
      const messages = missing.slice(first, first + batch).map(factOf);
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

async function factMaker(topics: FreshTopics): Promise<(record: InboundRecord) => Message> {
  const type = findEventType("clients.update");
  if (type === undefined) throw new Error("in the catalogue");
  const schema = schemaOfEvent(type);
  const codec = await topics.registry.codecBySchema(subjectOf(topics.names.facts.clients, schema.record), schema.text);
  return ({ key, offset, partition }) => {
    const client = 1 + Number(/\d+$/.exec(String(key))?.[0] ?? 0);
    const value = codec.encode(sampleData(client, offset) as unknown as Data);
    const named = { id: `peer-${partition}-${offset}`, type: type.id, source: "/bench/core", subject: String(client) };
    const headers = eventHeaders({ ...named, time: new Date().toISOString() });
    return { partition, key: String(client), value, headers };
  };
}

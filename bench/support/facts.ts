import { eventHeaders, type OutboundHeaders } from "../../src/kafka/records/headers.ts";
import { schemaOfEvent, subjectOf } from "../../src/kafka/registry/schemas.ts";
import type { Data } from "../../src/model/data.ts";
import { findEventType } from "../../src/model/event-catalogue.ts";
import type { FreshTopics } from "../../test/support/fresh-topics.ts";

/** `clients.update` of some 300 bytes of Avro; `bytes` more make it longer. */
export function sampleData(client: number, number: number, bytes = 0): ClientUpdate {
  return {
    id: client,
    name: `Client number ${client} of the benchmark`,
    c_company: `A company whose name is not short, change ${number}`,
    c_address: `${number} Long Street, 12345 Some City, Some Province, Some Country${"x".repeat(bytes)}`,
    c_email: `client-${client}@example.net`,
    credit: "100.25",
    orig_capacity: number % 1000,
    tz: "Europe/Berlin",
  };
}

export interface ClientUpdate {
  readonly id: number;
  readonly name: string;
  readonly c_company: string;
  readonly c_address: string;
  readonly c_email: string;
  readonly credit: string;
  readonly orig_capacity: number;
  readonly tz: string;
}

/** A record of `clients.update`. */
interface MadeFact {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: OutboundHeaders;
}

/** A fact with `data`, as a billing core would write it now; `id` is its event's. */
export type FactMaker = (id: string, data: ClientUpdate) => MadeFact;

export async function factMaker(topics: FreshTopics): Promise<FactMaker> {
  const type = findEventType("clients.update");
  if (type === undefined) throw new Error("in the catalogue");
  const schema = schemaOfEvent(type);
  const codec = await topics.registry.codecBySchema(subjectOf(topics.names.facts.clients, schema.record), schema.text);
  return (id, data) => {
    const key = String(data.id);
    const value = codec.encode(data as unknown as Data);
    const time = new Date().toISOString();
    return { key, value, headers: eventHeaders({ id, type: type.id, source: "/bench/core", time, subject: key }) };
  };
}

const batch = 2000;

/** Writes so many facts of so many clients, in turn, as a billing core would; returns the bytes of the first value. */
export async function writeFacts(topics: FreshTopics, count: number, clients: number, bytes = 0): Promise<number> {
  const topic = topics.names.facts.clients;
  const factOf = await factMaker(topics);
  const producer = topics.client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  let first = 0;
  try {
    const perSend = Math.max(1, Math.min(batch, Math.floor(900_000 / (300 + bytes))));
    for (let from = 0; from < count; from += perSend) {
      const messages = Array.from({ length: Math.min(perSend, count - from) }, (_, at) => {
        const number = from + at;
        const fact = factOf(`bench-${number}`, sampleData(1 + (number % clients), number, bytes));
        first ||= fact.value.length;
        return fact;
      });
      await producer.send({ topic, acks: -1, messages });
    }
  } finally {
    await producer.disconnect();
  }
  return first;
}

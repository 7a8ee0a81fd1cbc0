import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import {
  decisionSchema,
  executionSchema,
  schemaOfEvent,
  subjectOf,
  verdictSchema,
} from "../../src/kafka/registry/schemas.ts";
import { findEventType } from "../../src/model/event-catalogue.ts";
import type { TopicNames } from "../../src/model/topics.ts";
import { sampleData } from "../support/facts.ts";
import type { FloorClient, FloorRecord } from "./client.ts";
import { callBody, callHeaders, executionEntry, headerOf } from "./delivery-work.ts";
import { entryLog } from "./entries.ts";
import { poster } from "./post.ts";

/** What is done for each request besides passing it on, each with what stands before it. */
export type AskWorkName = "nothing" | "reading" | "entries" | "call";

export interface AskWork {
  question(correlation: string): Question | Promise<Question>;
  /** The reply's value. */
  answer(record: FloorRecord): Buffer | Promise<Buffer>;
  read(record: FloorRecord): unknown;
}

interface Question {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const value = Buffer.alloc(300, "x");

export const echo: AskWork = { question: () => ({ value, headers: {} }), answer: () => value, read: () => undefined };

/**
 * The work of a request done with the libraries alone and nothing promised:
 *
 * - `reading`: with the headers of a request; event and verdict are encoded and decoded by the registry's client.
 * - `entries`: the decision is encoded by the registry's client, and written to its topic every 50 ms.
 * - `call`: the event is POSTed as JSON with the headers of a call before it is answered, and that written as well.
 */
export async function askWork(
  name: AskWorkName,
  client: FloorClient,
  place: { readonly registryUrl: string; readonly topics: TopicNames; readonly url: string; readonly places: number },
): Promise<AskWork> {
  if (name === "nothing") return echo;
  const { places, registryUrl, topics, url } = place;
  const registry = new SchemaRegistry({ host: registryUrl });
  const type = findEventType("clients.update");
  if (type === undefined) throw new Error("in the catalogue");
  const idOf = (topic: string, record: string): Promise<number> => registry.getLatestSchemaId(subjectOf(topic, record));
  const eventId = await idOf(topics.before.clients ?? "", schemaOfEvent(type).record);
  const verdictId = await idOf(topics.verdicts, verdictSchema.record);
  const decoded = (record: FloorRecord): Promise<unknown> => registry.decode(record.value ?? value);
  const reading: AskWork = {
    async question(correlation) {
      const number = Number(correlation.slice(1));
      const data = sampleData(1 + (number % 10_000), number);
      // As the schema has them: our codec makes these two itself.
      const written = { ...data, credit: Buffer.from([0x27, 0x29]), changed_fields: Object.keys(data) };
      return { value: await registry.encode(eventId, written), headers: asked(number) };
    },
    async answer(record) {
      await decoded(record);
      return await registry.encode(verdictId, verdictOf(client, record));
    },
    read: decoded,
  };
  if (name === "reading") return reading;
  const decisionId = await idOf(topics.decisions, decisionSchema.record);
  const decided = await entryLog(client, topics.decisions);
  const decide = async (record: FloorRecord): Promise<Buffer> => {
    const reply = await registry.encode(verdictId, verdictOf(client, record));
    void registry.encode(decisionId, decisionOf(client, record)).then(decided);
    return reply;
  };
  const entries: AskWork = {
    ...reading,
    async answer(record) {
      await decoded(record);
      return decide(record);
    },
  };
  if (name === "entries") return entries;
  const executionId = await idOf(topics.executions, executionSchema.record);
  const executed = await entryLog(client, topics.executions);
  const post = poster(url, places);
  return {
    ...entries,
    async answer(record) {
      const call = { headers: callHeaders(client, record), body: callBody(client, record, await decoded(record)) };
      await new Promise<void>((resolve) => post(call, resolve));
      void registry.encode(executionId, executionEntry(call)).then(executed);
      return decide(record);
    },
  };
}

/** As many and as long as the billing client's. */
function asked(number: number): Readonly<Record<string, string>> {
  const nowMs = Date.now();
  return {
    ce_specversion: "1.0",
    ce_id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    ce_type: "clients.update",
    ce_source: "/bench/core",
    ce_time: new Date(nowMs).toISOString(),
    ce_subject: String(1 + (number % 10_000)),
    kafka_replyTopic: "floor.verdicts",
    kafka_replyPartition: "0000",
    operation_id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    attempt: "1",
    deadline_ms: String(nowMs + 5000),
    budget_ms: "5000",
  };
}

const dataHash = "0".repeat(64);

function verdictOf(client: FloorClient, record: FloorRecord): object {
  return {
    ...{ decision: "allow", decided_by: "no-handler", handler: null, reason: null, attempt: 1, base_version: null },
    ...{ operation_id: headerOf(client, record, "operation_id"), data_hash: dataHash, data: null },
    ...{ changes: [], handlers: [], warnings: [] },
  };
}

function decisionOf(client: FloorClient, record: FloorRecord): object {
  const now = new Date().toISOString();
  return {
    ...verdictOf(client, record),
    ...{ event_id: "clients.update", object_id: "7", client_key: "7", sequence: "billing.before.clients/0/1000000" },
    ...{ instance_id: "floor", failures: [], end: "replied", asked_at: now, received_at: now },
    ...{ read_ms: 0, decided_ms: 1, replied_ms: 2 },
  };
}

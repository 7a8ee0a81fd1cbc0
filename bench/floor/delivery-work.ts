import { randomUUID } from "node:crypto";
import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { executionSchema, subjectOf } from "../../src/kafka/registry/schemas.ts";
import type { FloorClient, FloorRecord } from "./client.ts";
import { entryLog } from "./entries.ts";
import type { FloorCall } from "./post.ts";

/** What is done for each record besides passing it on, each with what stands before it. */
export type FloorWorkName = "nothing" | "headers" | "reading" | "entries";

export interface FloorWork {
  callOf(record: FloorRecord): FloorCall | Promise<FloorCall>;
  delivered(call: FloorCall): void;
}

export const nothing: FloorWork = {
  callOf: ({ value }) => ({ headers: ["content-type", "application/json"], body: value ?? Buffer.alloc(0) }),
  delivered: () => undefined,
};

/**
 * The work of a delivery done with the libraries alone and nothing promised:
 *
 * - `headers`: the record is sent on with what a handler is told of it.
 * - `reading`: the value is decoded by the registry's client and sent on as JSON.
 * - `entries`: what became of it is encoded by the registry's client, and written to the execution log's topic every 50 ms.
 */
export async function floorWork(
  name: FloorWorkName,
  client: FloorClient,
  { executions, registryUrl }: { readonly registryUrl: string; readonly executions: string },
): Promise<FloorWork> {
  if (name === "nothing") return nothing;
  if (name === "headers")
    return { ...nothing, callOf: (record) => ({ headers: callHeaders(client, record), body: bytesOf(record) }) };
  const registry = new SchemaRegistry({ host: registryUrl });
  const reading: FloorWork = {
    async callOf(record) {
      const data: unknown = await registry.decode(bytesOf(record));
      return { headers: callHeaders(client, record), body: callBody(client, record, data) };
    },
    delivered: () => undefined,
  };
  if (name === "reading") return reading;
  const id = await registry.getLatestSchemaId(subjectOf(executions, executionSchema.record));
  const write = await entryLog(client, executions);
  return {
    ...reading,
    delivered(call) {
      void registry.encode(id, executionEntry(call)).then(write);
    },
  };
}

/** As many and as long as the bridge's. */
export function callHeaders(client: FloorClient, record: FloorRecord): readonly string[] {
  const own = {
    "content-type": "application/json",
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "provisioning-bridge/1.0.0",
    "webhook-id": `msg_${headerOf(client, record, "ce_id").padEnd(43, "0")}`,
    "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    "ce-type": headerOf(client, record, "ce_type"),
    "ce-time": headerOf(client, record, "ce_time"),
    "bridge-stage": "after",
    "bridge-attempt": "1",
    "bridge-sequence": `billing.clients/0/${headerOf(client, record, "ce_id")}`,
    "bridge-timeout-ms": "5000",
    "ce-id": headerOf(client, record, "ce_id"),
    "ce-source": headerOf(client, record, "ce_source"),
  };
  return Object.entries(own).flat();
}

/** The body of a call, as long as the bridge's. */
export function callBody(client: FloorClient, record: FloorRecord, data: unknown): string {
  const event = {
    dt: headerOf(client, record, "ce_time"),
    events_id: headerOf(client, record, "ce_type"),
    object_id: 7,
  };
  return JSON.stringify({ event, data }, asText);
}

/** As the schema of the execution log has it. */
export function executionEntry({ body, headers }: FloorCall): object {
  const header = (name: string): string => headers[headers.indexOf(name) + 1] ?? "";
  const none = ["operation_id", "detail", "retry_in_ms"];
  return {
    ...Object.fromEntries(none.map((name) => [name, null])),
    ...{ id: randomUUID(), at: new Date().toISOString(), instance_id: "floor", stage: "after", handler: "measured" },
    ...{ group: "measured", event_id: header("ce-type"), object_id: "7", client_key: "7", attempt: 1 },
    ...{ delivery_id: header("webhook-id"), sequence: header("bridge-sequence"), outcome: "delivered", ms: 1 },
    ...{ status: 200, sent: String(body), sent_cut: false, answered: '{"decision":"allow"}', answered_cut: false },
    ...{ disposition: "accept", delay_ms: 20 },
  };
}

/** As text; empty when there is none. */
export function headerOf(client: FloorClient, record: FloorRecord, name: string): string {
  return String(client.header(record, name) ?? "");
}

function bytesOf({ value }: FloorRecord): Buffer {
  return value ?? Buffer.alloc(0);
}

/** avsc reads a long beyond 2^53 as a bigint, if it may. */
function asText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

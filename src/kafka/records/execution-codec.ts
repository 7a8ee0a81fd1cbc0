import type { Execution } from "../../model/execution.ts";
import type { Registry } from "../registry/registry.ts";
import { executionSchema, subjectOf } from "../registry/schemas.ts";
import { AvroBytes } from "./avro-bytes.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";
import { isoTime, numberOrNull, rounded } from "./wire-values.ts";

export interface ExecutionWriter {
  encode(execution: Execution): Buffer;
}

/** An execution as it was written. The stage is text, because a newer version may know more of them; the time is ISO 8601. */
export interface StoredExecution extends Omit<Execution, "atMs" | "stage"> {
  readonly at: string;
  readonly stage: string;
}

export type ExecutionReading = { readonly kind: "execution"; readonly execution: StoredExecution } | Unread;

/** Looks the schema up once, so that writing never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openExecutionWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<ExecutionWriter> {
  const { schemaId } = await registry.recordBySchema(subjectOf(topic, executionSchema.record), executionSchema.text);
  const bytes = new AvroBytes(schemaId);
  return {
    encode(execution) {
      bytes.drop();
      write(bytes, execution);
      return bytes.take();
    },
  };
}

/** Every field, in the order of schemas/executions/Execution.avsc. */
function write(bytes: AvroBytes, execution: Execution): void {
  bytes.string(execution.id);
  bytes.string(isoTime(execution.atMs));
  bytes.string(execution.instanceId);
  bytes.string(execution.stage);
  bytes.string(execution.handler);
  bytes.stringOrNull(execution.group);
  bytes.string(execution.eventId);
  bytes.stringOrNull(execution.objectId);
  bytes.stringOrNull(execution.clientKey);
  bytes.stringOrNull(execution.operationId);
  bytes.string(execution.deliveryId);
  bytes.integer(execution.attempt);
  bytes.string(execution.sequence);
  bytes.string(execution.outcome);
  bytes.integer(Math.round(execution.ms));
  bytes.integerOrNull(execution.status);
  bytes.stringOrNull(execution.detail);
  bytes.stringOrNull(execution.sent);
  bytes.boolean(execution.sentCut);
  bytes.stringOrNull(execution.answered);
  bytes.boolean(execution.answeredCut);
  bytes.stringOrNull(execution.disposition);
  bytes.integerOrNull(rounded(execution.retryInMs));
  bytes.integerOrNull(rounded(execution.delayMs));
}

/** Reads an execution's value with the schema it names. Never rejects. */
export async function readExecution(registry: Pick<Registry, "recordById">, value: Buffer): Promise<ExecutionReading> {
  const reading = await readOwnRecord(registry, executionSchema.record, value);
  if (reading.kind !== "fields") return reading;
  return { kind: "execution", execution: fromWire(reading.fields as unknown as Written) };
}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly id: string;
  readonly at: string;
  readonly instance_id: string;
  readonly stage: string;
  readonly handler: string;
  readonly group?: string | null;
  readonly event_id: string;
  readonly object_id?: string | null;
  readonly client_key?: string | null;
  readonly operation_id?: string | null;
  readonly delivery_id: string;
  readonly attempt?: number;
  readonly sequence: string;
  readonly outcome: string;
  readonly ms: number | bigint;
  readonly status?: number | null;
  readonly detail?: string | null;
  readonly sent?: string | null;
  readonly sent_cut?: boolean;
  readonly answered?: string | null;
  readonly answered_cut?: boolean;
  readonly disposition?: string | null;
  readonly retry_in_ms?: number | bigint | null;
  readonly delay_ms?: number | bigint | null;
}

function fromWire(written: Written): StoredExecution {
  return {
    id: written.id,
    at: written.at,
    instanceId: written.instance_id,
    stage: written.stage,
    handler: written.handler,
    group: written.group ?? null,
    eventId: written.event_id,
    objectId: written.object_id ?? null,
    clientKey: written.client_key ?? null,
    operationId: written.operation_id ?? null,
    deliveryId: written.delivery_id,
    attempt: written.attempt ?? 1,
    sequence: written.sequence,
    outcome: written.outcome,
    ms: Number(written.ms),
    status: written.status ?? null,
    detail: written.detail ?? null,
    sent: written.sent ?? null,
    sentCut: written.sent_cut ?? false,
    answered: written.answered ?? null,
    answeredCut: written.answered_cut ?? false,
    disposition: written.disposition ?? null,
    retryInMs: numberOrNull(written.retry_in_ms),
    delayMs: numberOrNull(written.delay_ms),
  };
}

import type { DecisionRecord, RecordedFailure } from "../../model/decision.ts";
import type { Change, HandlerOutcome, Reason } from "../../model/verdict.ts";
import type { Registry } from "../registry/registry.ts";
import { decisionSchema, subjectOf } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";
import { isoTime, numberOrNull, rounded } from "./wire-values.ts";

export interface DecisionWriter {
  encode(decision: DecisionRecord): Buffer;
}

/** A decision as it was written. Words are text, because a newer version may know more of them; times are ISO 8601. */
export interface StoredDecision
  extends Omit<DecisionRecord, "decision" | "decidedBy" | "failures" | "askedAtMs" | "receivedAtMs"> {
  readonly decision: string;
  readonly decidedBy: string;
  readonly failures: readonly StoredFailure[];
  readonly askedAt: string;
  readonly receivedAt: string;
}

export type StoredFailure = Omit<RecordedFailure, "kind"> & { readonly kind: string };

export type DecisionReading = { readonly kind: "decision"; readonly decision: StoredDecision } | Unread;

/** Looks the schema up once, so that writing never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openDecisionWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<DecisionWriter> {
  const record = await registry.recordBySchema(subjectOf(topic, decisionSchema.record), decisionSchema.text);
  return {
    encode: (decision) =>
      record.encode({
        operation_id: decision.operationId,
        attempt: decision.attempt,
        event_id: decision.eventId,
        object_id: decision.objectId,
        client_key: decision.clientKey,
        base_version: decision.baseVersion,
        data_hash: decision.dataHash,
        sequence: decision.sequence,
        instance_id: decision.instanceId,
        decision: decision.decision,
        decided_by: decision.decidedBy,
        handler: decision.handler,
        reason: decision.reason,
        handlers: decision.handlers.map(({ id, outcome, ms }) => ({ id, outcome, ms: Math.round(ms) })),
        changes: decision.changes,
        failures: decision.failures,
        warnings: decision.warnings,
        end: decision.end,
        asked_at: isoTime(decision.askedAtMs),
        received_at: isoTime(decision.receivedAtMs),
        read_ms: rounded(decision.readMs),
        decided_ms: Math.round(decision.decidedMs),
        replied_ms: rounded(decision.repliedMs),
      }),
  };
}

/** Reads a decision's value with the schema it names. Never rejects. */
export async function readDecision(registry: Pick<Registry, "recordById">, value: Buffer): Promise<DecisionReading> {
  const reading = await readOwnRecord(registry, decisionSchema.record, value);
  if (reading.kind !== "fields") return reading;
  return { kind: "decision", decision: fromWire(reading.fields as unknown as Written) };
}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly operation_id: string;
  readonly attempt?: number;
  readonly event_id?: string | null;
  readonly object_id?: string | null;
  readonly client_key?: string | null;
  readonly base_version?: string | null;
  readonly data_hash: string;
  readonly sequence: string;
  readonly instance_id: string;
  readonly decision: string;
  readonly decided_by: string;
  readonly handler?: string | null;
  readonly reason?: Reason | null;
  readonly handlers?: readonly HandlerOutcome[];
  readonly changes?: readonly Change[];
  readonly failures?: readonly StoredFailure[];
  readonly warnings?: readonly string[];
  readonly end: string;
  readonly asked_at: string;
  readonly received_at: string;
  readonly read_ms?: number | bigint | null;
  readonly decided_ms: number | bigint;
  readonly replied_ms?: number | bigint | null;
}

function fromWire(written: Written): StoredDecision {
  return {
    operationId: written.operation_id,
    attempt: written.attempt ?? 1,
    eventId: written.event_id ?? null,
    objectId: written.object_id ?? null,
    clientKey: written.client_key ?? null,
    baseVersion: written.base_version ?? null,
    dataHash: written.data_hash,
    sequence: written.sequence,
    instanceId: written.instance_id,
    decision: written.decision,
    decidedBy: written.decided_by,
    handler: written.handler ?? null,
    reason: written.reason ?? null,
    handlers: written.handlers ?? [],
    changes: written.changes ?? [],
    failures: written.failures ?? [],
    warnings: written.warnings ?? [],
    end: written.end,
    askedAt: written.asked_at,
    receivedAt: written.received_at,
    readMs: numberOrNull(written.read_ms),
    decidedMs: Number(written.decided_ms),
    repliedMs: numberOrNull(written.replied_ms),
  };
}

import type { Change, DecidedBy, Decision, HandlerOutcome, Reason, Verdict } from "../../model/verdict.ts";
import type { Registry } from "../registry/registry.ts";
import { subjectOf, verdictSchema } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

/** A verdict as it travels: the changed record still encoded, with the schema of the request. */
export interface WireVerdict extends Omit<Verdict, "data"> {
  /** A Kafka value in the registry's wire format; null when nothing changed. */
  readonly dataValue: Buffer | null;
}

export interface VerdictWriter {
  /** `dataValue`: the changed data by the request's own `recode`; null when nothing changed. */
  encode(verdict: Verdict, dataValue: Buffer | null): Buffer;
}

export type VerdictReading = { readonly kind: "verdict"; readonly verdict: WireVerdict } | Unread;

/** Looks the schema up once, so that writing never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openVerdictWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<VerdictWriter> {
  const record = await registry.recordBySchema(subjectOf(topic, verdictSchema.record), verdictSchema.text);
  return {
    encode: (verdict, dataValue) =>
      record.encode({
        decision: verdict.decision,
        decided_by: verdict.decidedBy,
        handler: verdict.handler,
        reason: verdict.reason,
        operation_id: verdict.operationId,
        attempt: verdict.attempt,
        base_version: verdict.baseVersion,
        data_hash: verdict.dataHash,
        data: dataValue,
        changes: verdict.changes,
        handlers: verdict.handlers.map(({ id, outcome, ms }) => ({ id, outcome, ms: Math.round(ms) })),
        warnings: verdict.warnings,
      }),
  };
}

/** Reads a reply's value with the schema it names. Never rejects. */
export async function readVerdict(registry: Pick<Registry, "recordById">, value: Buffer): Promise<VerdictReading> {
  const reading = await readOwnRecord(registry, verdictSchema.record, value);
  if (reading.kind !== "fields") return reading;
  return fromWire(reading.fields as unknown as Written);
}

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly decision: string;
  readonly decided_by: string;
  readonly handler?: string | null;
  readonly reason?: Reason | null;
  readonly operation_id: string;
  readonly attempt?: number;
  readonly base_version?: string | null;
  readonly data_hash: string;
  readonly data?: Buffer | null;
  readonly changes?: readonly Change[];
  readonly handlers?: readonly HandlerOutcome[];
  readonly warnings?: readonly string[];
}

const decisions: readonly Decision[] = ["allow", "forbid", "undecided"];
const deciders: readonly DecidedBy[] = [
  "handler",
  "failure-policy",
  "no-handler",
  "expired",
  "overload",
  "bypass",
  "unreadable",
];

function fromWire(written: Written): VerdictReading {
  const decision = decisions.find((known) => known === written.decision);
  const decidedBy = deciders.find((known) => known === written.decided_by);
  // A word of a newer version might mean anything: guessing allow or forbid from the rest would decide for billing.
  if (decision === undefined || decidedBy === undefined) {
    return {
      kind: "unreadable",
      detail: "the verdict's decision, or who decided, is a word this version does not know",
    };
  }
  const verdict: WireVerdict = {
    decision,
    decidedBy,
    handler: written.handler ?? null,
    reason: written.reason ?? null,
    operationId: written.operation_id,
    attempt: written.attempt ?? 1,
    baseVersion: written.base_version ?? null,
    dataHash: written.data_hash,
    dataValue: written.data ?? null,
    changes: written.changes ?? [],
    handlers: written.handlers ?? [],
    warnings: written.warnings ?? [],
  };
  return { kind: "verdict", verdict };
}

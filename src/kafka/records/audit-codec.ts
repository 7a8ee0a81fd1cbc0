import type { AuditEntry } from "../../model/audit-entry.ts";
import type { Registry } from "../registry/registry.ts";
import { auditSchema, subjectOf } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

export interface AuditWriter {
  encode(entry: AuditEntry): Buffer;
}

export type AuditReading = { readonly kind: "entry"; readonly entry: AuditEntry } | Unread;

/** Looks the schema up once, so that writing never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openAuditWriter(registry: Pick<Registry, "recordBySchema">, topic: string): Promise<AuditWriter> {
  const record = await registry.recordBySchema(subjectOf(topic, auditSchema.record), auditSchema.text);
  return { encode: ({ instance, ...entry }) => record.encode({ ...entry, instance_id: instance }) };
}

/** Reads an entry with the schema it names. Never rejects. */
export async function readAuditEntry(registry: Pick<Registry, "recordById">, value: Buffer): Promise<AuditReading> {
  const reading = await readOwnRecord(registry, auditSchema.record, value);
  if (reading.kind !== "fields") return reading;
  const {
    at,
    by = null,
    role = null,
    action,
    target = null,
    outcome,
    address = null,
    instance_id,
  } = reading.fields as unknown as Written;
  return { kind: "entry", entry: { at, by, role, action, target, outcome, address, instance: instance_id } };
}

interface Written extends Pick<AuditEntry, "at" | "action" | "outcome"> {
  readonly by?: string | null;
  readonly role?: string | null;
  readonly target?: string | null;
  readonly address?: string | null;
  readonly instance_id: string;
}

import { BridgeError } from "../errors.ts";
import { readAuditEntry } from "../kafka/records/audit-codec.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import type { AuditEntry } from "../model/audit-entry.ts";
import type { OperationParts } from "./letters.ts";

/** Newest first. */
export interface AuditPage {
  readonly items: AuditEntry[];
  /** The offset before which the next page begins; null: there is nothing older. */
  readonly next: number | null;
}

/** Records of one step back; the newest of them are wanted most often. */
const stepRecords = 500;
/** Looked at for one page; then it ends, with fewer entries or none, and the next one goes on. */
const mostRecords = 20_000;

/** The newest entries before an offset that are wanted. Throws as `logBounds` and `LogReader.read`, and REGISTRY_UNAVAILABLE. */
export async function auditPage(
  { client, registry, reader, topics, timeoutMs }: OperationParts,
  isWanted: (entry: AuditEntry) => boolean,
  { limit, before }: { readonly limit: number; readonly before: number | null },
): Promise<AuditPage> {
  const [log] = await logBounds(client, topics.audit, null, timeoutMs);
  if (log === undefined) return { items: [], next: null };
  const items: AuditEntry[] = [];
  let until = Math.min(before ?? log.until, log.until);
  const stopAt = Math.max(log.from, until - mostRecords);
  while (until > stopAt) {
    const from = Math.max(stopAt, until - stepRecords);
    const step: { readonly offset: number; readonly entry: AuditEntry }[] = [];
    for await (const records of reader.read({ ...log, from, until })) {
      for (const { offset, value } of records) {
        const reading = value === null ? null : await readAuditEntry(registry, value);
        if (reading?.kind === "registry-away") throw new BridgeError("REGISTRY_UNAVAILABLE", reading.detail);
        if (reading?.kind === "entry" && isWanted(reading.entry)) step.push({ offset, entry: reading.entry });
      }
    }
    for (const { offset, entry } of step.reverse()) {
      items.push(entry);
      if (items.length === limit) return { items, next: offset > log.from ? offset : null };
    }
    until = from;
  }
  return { items, next: until > log.from ? until : null };
}

import { createHash } from "node:crypto";
import type { InboundRecord } from "../../model/record.ts";

/** What was read last of a log, so that another log in its place is told from it: the broker's client knows no topic ids. */
export interface LastRecord {
  readonly offset: number;
  readonly digest: string;
}

export function lastRecord(record: InboundRecord): LastRecord {
  const { key, offset, timestampMs, value } = record;
  const hash = createHash("sha256").update(`${timestampMs} ${key?.length ?? -1} ${value?.length ?? -1} `);
  hash.update(key ?? "").update(value ?? "");
  return { offset, digest: hash.digest("base64") };
}

/** Whether another record stands in its place. That nothing does is no sign: retention takes records. */
export function isReplaced(last: LastRecord, found: InboundRecord | null): boolean {
  return found !== null && found.offset === last.offset && lastRecord(found).digest !== last.digest;
}

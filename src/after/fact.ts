import type { Admission } from "../model/reading.ts";
import type { HeaderValue, InboundRecord, RecordHeaders } from "../model/record.ts";
import type { Progress } from "./progress.ts";

/** A record that has not ended yet. It stands in two lists at once: its lane's, and its partition's unsettled offsets. */
export interface Fact {
  record: InboundRecord;
  readonly offset: number;
  readonly admission: Exclude<Admission, { kind: "tombstone" }>;
  /** What it holds of the memory, roughly. */
  readonly bytes: number;
  progress: Progress | null;
  /** Offset of its copy in the parked topic; it is settled at its source then, and in no list of unsettled offsets. */
  copyAt: number | null;
  /** Whether its bytes are its own (see `detach`). */
  detached: boolean;
  nextInLane: Fact | null;
  older: Fact | null;
  newer: Fact | null;
}

/** Headers and objects weigh more than the value of a small event; measured at about 1 KiB with eight headers. */
const overheadBytes = 1024;

export function factOf(record: InboundRecord, admission: Fact["admission"]): Fact {
  return {
    record,
    offset: record.offset,
    admission,
    bytes: overheadBytes + (record.value?.length ?? 0) + (record.key?.length ?? 0),
    progress: null,
    copyAt: null,
    detached: false,
    nextInLane: null,
    older: null,
    newer: null,
  };
}

/**
 * Copies a fact's bytes out of the fetch response they are slices of. A fact that waits for hours would otherwise keep
 * a whole response (a megabyte and more) in memory; one that is delivered at once is not worth the copy.
 */
export function detach(fact: Fact): void {
  if (fact.detached) return;
  fact.detached = true;
  const { record } = fact;
  fact.record = {
    ...record,
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers: copyHeaders(record.headers),
  };
}

function copyHeaders(headers: RecordHeaders): RecordHeaders {
  const copy: Record<string, HeaderValue> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    copy[name] = Array.isArray(value) ? value.map(copyBytes) : copyBytes(value as Buffer | string | undefined);
  }
  return copy;
}

function copyBytes<T extends Buffer | string | undefined>(value: T): T | Buffer {
  return Buffer.isBuffer(value) ? Buffer.from(value) : value;
}

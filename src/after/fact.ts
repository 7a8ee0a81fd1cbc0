import type { AfterHandler } from "../model/handler.ts";
import type { Admission } from "../model/reading.ts";
import type { InboundRecord } from "../model/record.ts";
import { keyOf, type LaneId } from "./lane-id.ts";
import type { Progress } from "./progress.ts";

/** A record that has not ended yet. It stands in two lists at once: its lane's, and its partition's unsettled offsets. */
export interface Fact {
  readonly record: InboundRecord;
  readonly offset: number;
  readonly admission: Exclude<Admission, { kind: "tombstone" }>;
  /** What it holds of the memory, roughly. */
  readonly bytes: number;
  /** Its lane's. */
  readonly laneId: LaneId;
  progress: Progress | null;
  /** How many older facts of its lane it stands for (catch-up.ts), and how many attempts at the first handler they had. */
  superseded: number;
  failedBefore: number;
  /** Offset of its copy in the parked topic; it is settled at its source then, and in no list of unsettled offsets. */
  copyAt: number | null;
  nextInLane: Fact | null;
  older: Fact | null;
  newer: Fact | null;
}

/** Headers and objects weigh more than the value of a small event; measured at about 1 KiB with eight headers. */
const overheadBytes = 1024;

/** `alone`: in a lane of its own, instead of its key's. */
export function factOf(record: InboundRecord, admission: Fact["admission"], alone = false): Fact {
  return {
    record,
    offset: record.offset,
    admission,
    bytes: overheadBytes + (record.value?.length ?? 0) + (record.key?.length ?? 0),
    laneId: alone ? record.offset : keyOf(record),
    progress: null,
    superseded: 0,
    failedBefore: 0,
    copyAt: null,
    nextInLane: null,
    older: null,
    newer: null,
  };
}

/**
 * By when it was recorded; one that does not say may have been at any time, and is not lost for it. A replay is sent for its
 * own sake, whenever the original was recorded.
 */
export function isMeantFor({ sinceMs }: AfterHandler, { admission, record }: Fact): boolean {
  if (sinceMs === undefined || record.timestampMs < 0 || record.timestampMs >= sinceMs) return true;
  return admission.kind === "admitted" && admission.single === true;
}

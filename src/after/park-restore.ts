import type { ParkPosition } from "../model/commit-note.ts";
import type { TopicPartition } from "../model/record.ts";
import { type FoundLane, ParkScan } from "./park-scan.ts";
import type { ParkedLog, ParkPlace, ParkRange } from "./ports.ts";

export interface RestoredPark {
  readonly place: ParkPlace;
  readonly lanes: readonly FoundLane[];
  /** What of the park retention took; null: nothing. */
  readonly gone: ParkRange | null;
}

/** Begins an epoch of one's own behind that of the note, and reads what is parked up to it. Rejects as the log does. */
export async function restorePark(
  log: ParkedLog,
  group: string,
  source: TopicPartition,
  note: ParkPosition,
  isSettled: (offset: number) => boolean,
): Promise<RestoredPark> {
  const { from, partition } = note;
  const place = await log.open(group, source, note);
  // The topic was made anew: nothing of the park is left.
  if (place.epoch <= from) return { place, lanes: [], gone: { partition, from: place.epoch, until: from + 1 } };
  const scan = new ParkScan(note, isSettled);
  let first = place.epoch;
  await log.read(group, source, { partition, from, until: place.epoch }, (entry) => {
    first = Math.min(first, entry.at);
    scan.take(entry);
  });
  // The note names a copy that has not ended: it stands there, unless it is gone.
  return { place, lanes: scan.found(), gone: first > from ? { partition, from, until: first } : null };
}

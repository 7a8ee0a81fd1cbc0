import type { LogRange } from "../kafka/consume/log-reader.ts";
import { partitionId } from "../model/record.ts";
import type { Store } from "./store.ts";

/** Where a partition is read on. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  next: number;
}

export interface PlaceParts {
  readonly store: Pick<Store, "add" | "positions">;
  /** So many records were gone before they could be read. */
  readonly unread: (records: number) => void;
}

/** The file belongs to other logs than these: it must be built anew. */
export class OtherLogs extends Error {}

/** Where the partitions of a topic are read on: behind what the store has, but not before what is kept. Throws OtherLogs. */
export function placesOf(parts: PlaceParts, bounds: readonly LogRange[]): readonly Place[] {
  const known = new Map(parts.store.positions().map((at) => [partitionId(at), at.next]));
  return bounds.map(({ topic, partition, from, until }) => {
    const next = known.get(partitionId({ topic, partition }));
    const at = { topic, partition, next: next ?? from };
    // Where it began holds also after a restart, whatever is too old by then.
    if (next === undefined) parts.store.add([], at);
    if (at.next > until) throw new OtherLogs(`${topic} ends before what the index has of it: it was made anew`);
    if (at.next < from) passGap(parts, at, from);
    return at;
  });
}

/** Goes past what is gone. Kept with the entries, or it would be counted again at every look. */
export function passGap({ store, unread }: PlaceParts, at: Place, next: number): void {
  unread(next - at.next);
  store.add([], { topic: at.topic, partition: at.partition, next });
  at.next = next;
}

import type { InboundRecord } from "../model/record.ts";

/**
 * What a partition knows a lane by: a record's key, bytes as Latin-1 text, which loses none (null-keyed records share one
 * lane), or the source offset of a fact that stands alone in its lane, as nobody it is for asks for order.
 */
export type LaneId = string | number | null;

/** The id of the lane of a record's key. */
export function keyOf({ key }: InboundRecord): string | null {
  return key?.toString("latin1") ?? null;
}

import { askCommitted, type Committed } from "../kafka/consume/committed.ts";
import type { LogReader } from "../kafka/consume/log-reader.ts";
import type { OperationParts } from "./letters.ts";

/** How far a group is behind in one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read after a restart; null: nothing was committed. */
  readonly committed: number | null;
  /** The offset after the last record. */
  readonly end: number;
  /** Records between the two; an upper bound, as offsets have gaps. Null: nothing was committed. */
  readonly lag: number | null;
  /** Age of the record at `committed` by its timestamp; null: there is none. */
  readonly oldestMs: number | null;
  /** Records that retention took before they were committed; 0 in every sane case. */
  readonly lost: number;
}

/** The partitions of a group, by topic and number; no topics: all of which it has committed anything. */
export async function lagOf(
  { client, reader, timeoutMs }: Pick<OperationParts, "client" | "reader" | "timeoutMs">,
  groupId: string,
  topics: readonly string[],
  nowMs: number,
): Promise<readonly PartitionLag[]> {
  const committed = [...(await askCommitted(client, groupId, topics, timeoutMs))].sort(byPlace);
  const lags: PartitionLag[] = [];
  for (const one of committed) lags.push(await lagIn(one, reader, nowMs));
  return lags;
}

async function lagIn(
  { topic, partition, offset, logStart, logEnd }: Committed,
  reader: Pick<LogReader, "first">,
  nowMs: number,
): Promise<PartitionLag> {
  const place = { topic, partition, committed: offset, end: logEnd };
  if (offset === null) return { ...place, lag: null, oldestMs: null, lost: 0 };
  const from = Math.max(offset, logStart);
  const oldest = from < logEnd ? await reader.first({ topic, partition }, from) : null;
  return {
    ...place,
    lag: Math.max(logEnd - from, 0),
    oldestMs: oldest === null ? null : Math.max(nowMs - oldest.timestampMs, 0),
    lost: from - offset,
  };
}

function byPlace(left: Committed, right: Committed): number {
  return left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1;
}

import type { Clock } from "../model/clock.ts";
import type { Partition } from "./partition.ts";

/** A moment of one group. Counting walks every lane: meant for a scrape, not for every fact. */
export interface DispatcherStats {
  readonly partitions: number;
  readonly paused: number;
  /** Facts taken in and not settled. */
  readonly unsettled: number;
  /** Turns under way. */
  readonly running: number;
  /** Lanes that could go on at once if a slot were free. */
  readonly readyLanes: number;
  /** Lanes whose first fact waits for its next attempt or for the registry. */
  readonly waitingLanes: number;
  /** Lanes behind a disabled handler. */
  readonly heldLanes: number;
  /** Lanes that stand still because a dead letter cannot be written. */
  readonly haltedLanes: number;
  /** Keys that are parked, wholly or still on their way there or back. */
  readonly parkedLanes: number;
  /** Facts in the parked topic that have not ended. */
  readonly parkedFacts: number;
  readonly bytes: number;
  /** Re-delivered offsets that were in flight or settled, since start. */
  readonly repeated: number;
  readonly commitFailures: number;
  /** Facts of lanes that run or could: nothing but a slot, or the brake, stands between them and their delivery. */
  readonly runnable: number;
  /** Age of the oldest of them, by its record's timestamp; milliseconds, 0 when there is none. */
  readonly runnableOldestMs: number;
  /** How long what is settled has not been committed; milliseconds, 0 when nothing waits. */
  readonly commitLagMs: number;
  readonly braked: boolean;
  /** Age of the oldest unsettled record, by its log timestamp; milliseconds, 0 when there is none. */
  readonly oldestMs: number;
}

type Totals = Pick<DispatcherStats, "running" | "bytes" | "repeated" | "commitFailures" | "braked">;

export function statsOf(partitions: Iterable<Partition>, clock: Clock, totals: Totals): DispatcherStats {
  const epochMs = clock.epochMs();
  const nowMs = clock.monotonicMs();
  const counts = {
    partitions: 0,
    paused: 0,
    unsettled: 0,
    readyLanes: 0,
    waitingLanes: 0,
    heldLanes: 0,
    haltedLanes: 0,
    parkedLanes: 0,
    parkedFacts: 0,
    runnable: 0,
    runnableOldestMs: 0,
    commitLagMs: 0,
  };
  let oldestMs = 0;
  for (const partition of partitions) {
    counts.partitions++;
    if (partition.paused) counts.paused++;
    counts.unsettled += partition.watermark.unsettled;
    const oldest = partition.watermark.oldest;
    if (oldest !== null) oldestMs = Math.max(oldestMs, epochMs - oldest.record.timestampMs);
    counts.parkedLanes += partition.park.lanes.size;
    counts.parkedFacts += partition.park.copies;
    counts.commitLagMs = Math.max(counts.commitLagMs, nowMs - (partition.dirtySinceMs ?? nowMs));
    for (const lane of partition.lanes.values()) {
      const first = lane.facts.first;
      if (first !== null && (lane.state === "ready" || lane.state === "running")) {
        counts.runnable += lane.count;
        counts.runnableOldestMs = Math.max(counts.runnableOldestMs, epochMs - first.record.timestampMs);
      }
      if (lane.state === "ready") counts.readyLanes++;
      else if (lane.state === "held") counts.heldLanes++;
      else if (lane.state === "waiting") {
        if ((lane.facts.first?.progress?.letterTries ?? 0) > 0 && lane.facts.first?.progress?.letter !== null)
          counts.haltedLanes++;
        else counts.waitingLanes++;
      }
    }
  }
  return { ...counts, ...totals, oldestMs };
}

import type { DispatcherStats } from "../after/stats.ts";
import type { GroupConsumer } from "../kafka/consume/group-consumer.ts";
import type { GroupStanding } from "../model/instance-status.ts";
import { partitionId } from "../model/record.ts";

export interface StandingParts {
  readonly group: string;
  readonly groupId: string;
  readonly consumer: Pick<GroupConsumer, "state" | "assignedPartitions">;
  readonly dispatcher: { stats(): DispatcherStats };
}

/** How a group does on this instance. Walks its lanes: not for every fact. */
export function standingOf({ group, groupId, consumer, dispatcher }: StandingParts, paused = false): GroupStanding {
  const { braked, parkedLanes, runnable, runnableOldestMs, running, unsettled } = dispatcher.stats();
  return {
    ...{ group, groupId, unsettled, running, paused, braked },
    state: consumer.state(),
    partitions: consumer.assignedPartitions().map(partitionId).sort(),
    oldestRunnableMs: runnable === 0 ? null : runnableOldestMs,
    parkedKeys: parkedLanes,
  };
}

import type { DispatcherStats } from "../after/stats.ts";
import type { Metrics } from "../observe/metrics.ts";

type Gauge = readonly [name: string, help: string, read: (stats: DispatcherStats) => number];

/** What of a group's engine stands in the metrics. */
const gauges: readonly Gauge[] = [
  ["facts_unsettled", "Facts handed over and not settled.", ({ unsettled }) => unsettled],
  [
    "fact_oldest_seconds",
    "Age of the oldest unsettled fact, by its record's timestamp.",
    ({ oldestMs }) => oldestMs / 1000,
  ],
  ["facts_runnable", "Facts handed over that wait for nothing but their turn.", ({ runnable }) => runnable],
  [
    "fact_runnable_oldest_seconds",
    "Age of the oldest of them, by its record's timestamp.",
    ({ runnableOldestMs }) => runnableOldestMs / 1000,
  ],
  [
    "lanes_halted",
    "Keys that stand still because their dead letter cannot be written.",
    ({ haltedLanes }) => haltedLanes,
  ],
  ["lanes_held", "Keys that wait for a disabled handler.", ({ heldLanes }) => heldLanes],
  ["lanes_parked", "Keys that are parked.", ({ parkedLanes }) => parkedLanes],
  ["facts_parked", "Facts in the parked topic that have not ended.", ({ parkedFacts }) => parkedFacts],
  ["group_braked", "1 while the group stops for dead letters in a row.", ({ braked }) => (braked ? 1 : 0)],
  ["commit_lag_seconds", "How long what is settled has not been committed.", ({ commitLagMs }) => commitLagMs / 1000],
];

/** Shows the groups' engines as gauges, which are read when they are scraped. */
export function showGroups(
  metrics: Metrics,
  groups: () => readonly { readonly group: string; readonly dispatcher: { stats(): DispatcherStats } }[],
): void {
  for (const [name, help, read] of gauges) {
    metrics.observeGauge(name, help, "group", () =>
      groups().map(({ group, dispatcher }) => [group, read(dispatcher.stats())] as const),
    );
  }
}

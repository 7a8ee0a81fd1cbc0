import type { GroupState } from "../../kafka/topics/groups.ts";
import type { PartitionLag } from "../../operations/group-lag.ts";
import type { ResetStep } from "../../operations/group-reset.ts";
import { ageText } from "../operation.ts";
import { renderTable } from "../table.ts";

export interface GroupLag {
  readonly groupId: string;
  readonly partitions: readonly PartitionLag[];
}

export function groupsTable(groups: readonly GroupState[]): string {
  const rows = groups.map(({ groupId, state, members, topics }) => {
    const hosts = [...new Set(members.map(({ clientId, host }) => `${clientId} at ${host}`))].sort();
    return [groupId, state, String(members.length), hosts.join("\n"), topics.join("\n")];
  });
  return renderTable(["group", "state", "members", "from", "topics"], rows);
}

/** Partitions of a topic that never held anything share a line. */
export function lagTable(groups: readonly GroupLag[]): string {
  const rows = groups.flatMap(({ groupId, partitions }) => {
    const together = Map.groupBy(partitions, (one) =>
      JSON.stringify([one.topic, isQuiet(one) ? one.committed : one.partition, isQuiet(one)]),
    );
    return [...together.values()].flatMap((those) => {
      const [first] = those;
      if (first === undefined) return [];
      const { topic, committed, end, lag, oldestMs, lost } = first;
      return [
        [
          groupId,
          topic,
          numbersText(those.map(({ partition }) => partition)),
          committed === null ? "none" : String(committed),
          String(end),
          lag === null ? "" : String(lag),
          oldestMs === null ? "" : ageText(oldestMs),
          lost === 0 ? "" : String(lost),
        ],
      ];
    });
  });
  return renderTable(["group", "topic", "partition", "committed", "end", "lag", "oldest", "lost"], rows);
}

/** Nothing was ever written to it. */
function isQuiet({ end, committed }: PartitionLag): boolean {
  return end === 0 && (committed ?? 0) === 0;
}

/** `0-3 5` of ascending numbers. */
function numbersText(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(" ");
}

export function resetTable(steps: readonly ResetStep[]): string {
  const rows = steps.map(({ topic, partition, from, to, again }) => [
    topic,
    String(partition),
    from === null ? "none" : String(from),
    String(to),
    changeText(again),
  ]);
  return renderTable(["topic", "partition", "from", "to", "change"], rows);
}

function changeText(again: number | null): string {
  if (again === null) return "a first position";
  if (again === 0) return "unchanged";
  return again > 0 ? `${again} are delivered again` : `${-again} are skipped`;
}

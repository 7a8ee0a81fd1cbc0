import type { TopicPartition } from "../model/record.ts";

/** A member of a group as the assigner sees it. */
export interface Claimant {
  readonly id: string;
  readonly topics: readonly string[];
  /** What it owned when it last joined, and in which generation: of two that claim the same, the newer owns it. */
  readonly owned: readonly TopicPartition[];
  readonly generation: number;
}

/**
 * Every partition to exactly one member that subscribes to its topic: evenly, and where it was as far as evenness allows.
 * Kafka's stock assigners move partitions at each join, and each move hands work over. A pure function: whichever member
 * leads comes to the same result.
 */
export function assignSticky(
  partitions: readonly TopicPartition[],
  members: readonly Claimant[],
): ReadonlyMap<string, readonly TopicPartition[]> {
  const sorted = [...members].sort((left, right) => compare(left.id, right.id));
  const held = new Map(sorted.map((member) => [member.id, [] as TopicPartition[]]));
  const claims = claimsOf(sorted);
  const free: TopicPartition[] = [];
  for (const partition of [...partitions].sort(byTopicThenNumber)) {
    const owner = claims.get(nameOf(partition));
    if (owner?.topics.includes(partition.topic) === true) held.get(owner.id)?.push(partition);
    else free.push(partition);
  }
  for (const partition of free) {
    const lightest = lightestOf(sorted, held, partition.topic);
    if (lightest !== undefined) held.get(lightest)?.push(partition);
  }
  while (moveOne(sorted, held));
  return held;
}

function claimsOf(members: readonly Claimant[]): ReadonlyMap<string, Claimant> {
  const claims = new Map<string, Claimant>();
  for (const member of members) {
    for (const partition of member.owned) {
      const rival = claims.get(nameOf(partition));
      if (rival === undefined || member.generation > rival.generation) claims.set(nameOf(partition), member);
    }
  }
  return claims;
}

/** Moves one partition from a member to one that holds at least two fewer; returns whether it could. */
function moveOne(members: readonly Claimant[], held: ReadonlyMap<string, TopicPartition[]>): boolean {
  const load = (id: string): number => held.get(id)?.length ?? 0;
  const heaviestFirst = [...members].sort(
    (left, right) => load(right.id) - load(left.id) || compare(left.id, right.id),
  );
  for (const giver of heaviestFirst) {
    const own = held.get(giver.id) ?? [];
    for (let at = own.length - 1; at >= 0; at--) {
      const partition = own[at];
      const taker = partition === undefined ? undefined : lightestOf(members, held, partition.topic);
      if (partition !== undefined && taker !== undefined && load(giver.id) - load(taker) > 1) {
        own.splice(at, 1);
        held.get(taker)?.push(partition);
        return true;
      }
    }
  }
  return false;
}

function lightestOf(
  members: readonly Claimant[],
  held: ReadonlyMap<string, TopicPartition[]>,
  topic: string,
): string | undefined {
  let lightest: string | undefined;
  for (const { id, topics } of members) {
    if (!topics.includes(topic)) continue;
    if (lightest === undefined || (held.get(id)?.length ?? 0) < (held.get(lightest)?.length ?? 0)) lightest = id;
  }
  return lightest;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function byTopicThenNumber(left: TopicPartition, right: TopicPartition): number {
  return compare(left.topic, right.topic) || left.partition - right.partition;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

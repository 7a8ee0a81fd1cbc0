import { partitionId, type TopicPartition } from "../../model/record.ts";

/** A member of a group as the assigner sees it. */
export interface Claimant {
  readonly id: string;
  readonly topics: readonly string[];
  /**
   * What it was given at its last join, and when that was (any clock the members roughly share). Of two that claim the
   * same, the one that was given it later owns it; the other was expelled meanwhile and does not know.
   */
  readonly owned: readonly TopicPartition[];
  readonly since: number;
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
    const owner = claims.get(partitionId(partition));
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
      const rival = claims.get(partitionId(partition));
      if (rival === undefined || member.since > rival.since) claims.set(partitionId(partition), member);
    }
  }
  return claims;
}

/**
 * Moves one partition from a member to one that holds at least two fewer, if there is such a pair: of the topic of which
 * the giver has the most more than the taker, because topics differ in how busy they are.
 */
function moveOne(members: readonly Claimant[], held: ReadonlyMap<string, TopicPartition[]>): boolean {
  const load = (id: string): number => held.get(id)?.length ?? 0;
  const heaviestFirst = [...members].sort(
    (left, right) => load(right.id) - load(left.id) || compare(left.id, right.id),
  );
  for (const giver of heaviestFirst) {
    const own = held.get(giver.id) ?? [];
    let best: { at: number; taker: string; surplus: number } | null = null;
    for (const [at, { topic }] of own.entries()) {
      const taker = lightestOf(members, held, topic);
      if (taker === undefined || load(giver.id) - load(taker) < 2) continue;
      const surplus = ofTopic(own, topic) - ofTopic(held.get(taker), topic);
      if (best === null || surplus >= best.surplus) best = { at, taker, surplus };
    }
    if (best === null) continue;
    held.get(best.taker)?.push(...own.splice(best.at, 1));
    return true;
  }
  return false;
}

/** The subscriber that holds the fewest partitions, and of those the one with the fewest of the topic. */
function lightestOf(
  members: readonly Claimant[],
  held: ReadonlyMap<string, TopicPartition[]>,
  topic: string,
): string | undefined {
  const subscribers = members
    .filter(({ topics }) => topics.includes(topic))
    .map(({ id }) => ({ id, own: held.get(id) }));
  subscribers.sort(
    (left, right) =>
      (left.own?.length ?? 0) - (right.own?.length ?? 0) || ofTopic(left.own, topic) - ofTopic(right.own, topic),
  );
  return subscribers[0]?.id;
}

function ofTopic(partitions: readonly TopicPartition[] | undefined, topic: string): number {
  return partitions?.filter((partition) => partition.topic === topic).length ?? 0;
}

function byTopicThenNumber(left: TopicPartition, right: TopicPartition): number {
  return compare(left.topic, right.topic) || left.partition - right.partition;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

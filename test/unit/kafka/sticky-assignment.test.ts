import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assignSticky, type Claimant } from "../../../src/kafka/consume/sticky-assignment.ts";
import type { TopicPartition } from "../../../src/model/record.ts";

const topics = ["a", "b", "c"];
const partitionsOf = (counts: readonly number[]): TopicPartition[] =>
  counts.flatMap((count, at) =>
    Array.from({ length: count }, (_, partition) => ({ topic: topics[at] ?? "", partition })),
  );
const counts = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 });
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });

function newcomer(id: string, wanted: readonly string[] = topics): Claimant {
  return { id, topics: wanted, owned: [], since: 0 };
}

/** The members of the next join: what they were given is what they claim. */
function after(assignment: ReadonlyMap<string, readonly TopicPartition[]>, since: number): Claimant[] {
  return [...assignment].map(([id, owned]) => ({ id, topics, owned, since }));
}

function ownersOf(assignment: ReadonlyMap<string, readonly TopicPartition[]>): Map<string, string> {
  return new Map(
    [...assignment].flatMap(([id, held]) => held.map((at) => [`${at.topic}/${at.partition}`, id] as const)),
  );
}

function moved(before: Map<string, string>, now: Map<string, string>): string[] {
  return [...before.keys()].filter((name) => before.get(name) !== now.get(name));
}

function loads(assignment: ReadonlyMap<string, readonly TopicPartition[]>): number[] {
  return [...assignment.values()].map((held) => held.length);
}

test("every partition goes to exactly one member that subscribes to it, whatever the members claim", () => {
  const member = fc.record({
    topics: fc.subarray(topics),
    owned: fc.array(
      fc.record({ topic: fc.constantFrom(...topics, "gone"), partition: fc.integer({ min: 0, max: 9 }) }),
    ),
    since: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(counts, ids, fc.infiniteStream(member), (sizes, names, stream) => {
      const partitions = partitionsOf(sizes);
      const members = names.map((id) => ({ id, ...(stream.next().value as Omit<Claimant, "id">) }));
      const assignment = assignSticky(partitions, members);
      const given = [...assignment.values()].flat();
      const wanted = partitions.filter(({ topic }) => members.some((one) => one.topics.includes(topic)));
      assert.deepEqual([...given].map(nameOf).sort(), wanted.map(nameOf).sort());
      for (const { id, topics: own } of members) {
        assert.ok(assignment.get(id)?.every(({ topic }) => own.includes(topic)));
      }
    }),
  );
});

test("members that subscribe alike hold equally many within one, and of each topic too when all is new", () => {
  fc.assert(
    fc.property(counts, ids, (sizes, names) => {
      const assignment = assignSticky(
        partitionsOf(sizes),
        names.map((id) => newcomer(id)),
      );
      assert.ok(Math.max(...loads(assignment)) - Math.min(...loads(assignment)) <= 1);
      for (const topic of topics) {
        const own = [...assignment.values()].map((held) => held.filter((at) => at.topic === topic).length);
        assert.ok(Math.max(...own) - Math.min(...own) <= 1);
      }
    }),
  );
});

test("nothing moves when nobody comes or goes, and the order of the members does not matter", () => {
  fc.assert(
    fc.property(counts, ids, fc.integer(), (sizes, names, seed) => {
      const partitions = partitionsOf(sizes);
      const first = assignSticky(
        partitions,
        names.map((id) => newcomer(id)),
      );
      const members = after(first, 1);
      const turn = Math.abs(seed) % members.length;
      const again = assignSticky(partitions, [...members.slice(turn), ...members.slice(0, turn)].reverse());
      assert.deepEqual(moved(ownersOf(first), ownersOf(again)), []);
    }),
  );
});

test("who stays keeps everything when another leaves", () => {
  fc.assert(
    fc.property(counts, ids, (sizes, names) => {
      fc.pre(names.length > 1);
      const partitions = partitionsOf(sizes);
      const first = assignSticky(
        partitions,
        names.map((id) => newcomer(id)),
      );
      const staying = after(first, 1).filter(({ id }) => id !== names[0]);
      const second = assignSticky(partitions, staying);
      const gone = new Set((first.get(names[0] ?? "") ?? []).map(nameOf));
      assert.deepEqual(new Set(moved(ownersOf(first), ownersOf(second))), gone);
    }),
  );
});

test("a newcomer is given no more than its share, and nothing moves between the others", () => {
  fc.assert(
    fc.property(counts, ids, (sizes, names) => {
      const partitions = partitionsOf(sizes);
      const first = assignSticky(
        partitions,
        names.map((id) => newcomer(id)),
      );
      const second = assignSticky(partitions, [...after(first, 1), newcomer("newcomer")]);
      const taken = moved(ownersOf(first), ownersOf(second));
      assert.ok(taken.every((name) => ownersOf(second).get(name) === "newcomer"));
      assert.ok(taken.length <= Math.ceil(partitions.length / (names.length + 1)));
      assert.ok(Math.max(...loads(second)) - Math.min(...loads(second)) <= 1);
    }),
  );
});

test("of two members that claim the same partitions, the one that was given them later keeps them", () => {
  const partitions = partitionsOf([4]);
  const expelled = { id: "expelled", topics, owned: partitions.slice(0, 2), since: 100 };
  const present = { id: "present", topics, owned: partitions.slice(0, 2), since: 200 };
  for (const members of [
    [expelled, present],
    [present, expelled],
  ]) {
    assert.deepEqual(assignSticky(partitions, members).get("present"), partitions.slice(0, 2));
  }
});

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

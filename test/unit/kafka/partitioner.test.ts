import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Partitioners, type PartitionMetadata } from "kafkajs";
import { partitionOfKey } from "../../../src/kafka/produce/partitioner.ts";

test("property: a key goes to the partition that kafkajs, and so Java's producer, chooses for it", () => {
  const theirs = Partitioners.DefaultPartitioner();
  const key = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.nat().map(String),
  );
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 1000 }), (one, count) => {
      const partitionMetadata = Array.from({ length: count }, () => ({ leader: 1 }) as PartitionMetadata);
      const message = { key: one, value: null };
      assert.equal(partitionOfKey(one, partitionMetadata), theirs({ topic: "t", partitionMetadata, message }));
    }),
    { numRuns: 1000 },
  );
});

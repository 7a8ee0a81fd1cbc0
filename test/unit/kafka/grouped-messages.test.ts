import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message } from "kafkajs";
import { groupedOnce, upstreamGrouping } from "../../../src/kafka/produce/grouped-messages.ts";

type Group = (of: {
  readonly topic: string;
  readonly partitionMetadata: readonly object[];
  readonly messages: readonly Message[];
  readonly partitioner: (of: { readonly message: Message }) => number;
}) => Record<string, Message[]>;

test("messages are grouped by partition as kafkajs groups a plain list, in their order", () => {
  const group = upstreamGrouping() as Group;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }), (places) => {
      const messages = places.map((partition, at): Message => ({ partition, key: String(at), value: null }));
      const grouped = (list: readonly Message[]): Record<string, Message[]> =>
        group({
          topic: "topic",
          partitionMetadata: [{}],
          messages: list,
          partitioner: ({ message }) => message.partition ?? -1,
        });
      const plain = grouped([...messages]);
      const once = grouped(groupedOnce([...messages]));
      assert.deepEqual(once, plain);
      for (const [partition, list] of Object.entries(plain)) {
        list.forEach((message, at) => assert.equal(once[partition]?.[at], message));
      }
    }),
  );
});

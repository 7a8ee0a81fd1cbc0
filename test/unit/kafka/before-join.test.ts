import assert from "node:assert/strict";
import { test } from "node:test";
import { letJoinsWait } from "../../../src/kafka/patches/before-join.ts";
import { type ConsumerGroup, consumerGroupClass } from "../../../src/kafka/patches/consumer-group.ts";
import { beforeJoin } from "../../../src/kafka/patches/group-hooks.ts";

const { prototype } = consumerGroupClass();

/** A group of kafkajs as far as the patch looks at it; its own join is `joined`. */
function join(memberId: string | null, wait: () => Promise<void>, joined: () => void): Promise<void> {
  const group = {
    memberId,
    assigners: [{ [beforeJoin]: wait }, {}],
    // What upstream's method calls first.
    retrier: () => {
      joined();
      return Promise.resolve();
    },
  };
  return prototype.joinAndSync.call(group as unknown as ConsumerGroup);
}

test("a member waits before it joins again, and does not where the group does not know it", async () => {
  letJoinsWait();
  letJoinsWait();
  const said: string[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wait = async (): Promise<void> => {
    said.push("waits");
    await promise;
  };
  const joining = join("member", wait, () => said.push("joins"));
  await new Promise((later) => setImmediate(later));
  assert.deepEqual(said, ["waits"]);
  resolve(undefined);
  await joining;
  assert.deepEqual(said, ["waits", "joins"]);
  await join(null, wait, () => said.push("joins"));
  assert.deepEqual(said, ["waits", "joins", "joins"]);
});

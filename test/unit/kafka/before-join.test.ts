import assert from "node:assert/strict";
import { test } from "node:test";
import { beforeJoin, consumerGroupClass, joinHash, letJoinsWait } from "../../../src/kafka/connection/before-join.ts";
import { assertPatchable, patchedVersion } from "../../../src/kafka/connection/patch.ts";

const { prototype } = consumerGroupClass();
const upstream = prototype.joinAndSync;

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
  return prototype.joinAndSync.call(group);
}

test("the kafkajs that is installed is the one this was written for", () => {
  assert.doesNotThrow(() => assertPatchable(patchedVersion, upstream, joinHash));
});

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

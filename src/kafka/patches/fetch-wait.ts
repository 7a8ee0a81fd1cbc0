import { consumerGroupClass } from "./consumer-group.ts";
import { fetchWait } from "./group-hooks.ts";
import { replace, type Source } from "./patch.ts";

export const fetchSource: Source = {
  name: "ConsumerGroup.fetch",
  hash: "e2e52d81f1e13b90c4fb9816824dd20f9103f9d974f18161574639793eb1cabf",
};

/** A member asks its hook before each fetch how long it may wait. Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read. */
export function letFetchesVary(): void {
  replace(
    consumerGroupClass().prototype,
    "fetch",
    fetchSource,
    (upstream) =>
      async function (nodeId) {
        const wait = this.assigners.map((assigner) => assigner[fetchWait]).find((one) => one !== undefined);
        if (wait !== undefined) {
          const paused = this.assigned().flatMap(({ partitions, topic }) =>
            partitions.map((one) => this.isPaused(topic, one)),
          );
          if (paused.length > 0 && paused.every(Boolean)) {
            await wait.whilePaused();
            this.maxWaitTime = 0;
          } else this.maxWaitTime = wait.nextMs(paused.some(Boolean));
        }
        return upstream.call(this, nodeId);
      },
  );
}

import { createRequire } from "node:module";
import { wrapMethod } from "./patch.ts";

/** kafkajs lets every fetch of a consumer wait for records equally long. Where one of a group's assigners has this, it is asked. */
export const fetchWait: unique symbol = Symbol("fetch wait");

export interface FetchWait {
  /** How long the next fetch may wait for records. Milliseconds. */
  nextMs(hasPaused: boolean): number;
  /** All that the member owns is paused: resolves, soon after something may go on again or a while has passed. */
  whilePaused(): Promise<void>;
}

/** SHA-256 of the source of ConsumerGroup.fetch, as version 2.2.4 has it. */
export const fetchHash = "e2e52d81f1e13b90c4fb9816824dd20f9103f9d974f18161574639793eb1cabf";

type Fetch = (this: ConsumerGroup, nodeId: string) => Promise<unknown>;

interface Partitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What is used of kafkajs's ConsumerGroup (src/consumer/consumerGroup.js). */
interface ConsumerGroup {
  /** Also how long it sleeps when there is nothing to ask for. Milliseconds. */
  maxWaitTime: number;
  readonly assigners: readonly { readonly [fetchWait]?: FetchWait }[];
  assigned(): readonly Partitions[];
  isPaused(topic: string, partition: number): boolean;
}

/** Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read. */
export function letFetchesVary(): void {
  const method = { of: "ConsumerGroup", method: "fetch", hash: fetchHash } as const;
  wrapMethod(
    fetchingGroupClass().prototype,
    method,
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

/** kafkajs's ConsumerGroup, for the patch and its tests. */
export function fetchingGroupClass(): { readonly prototype: { fetch: Fetch } } {
  return require("kafkajs/src/consumer/consumerGroup.js") as { prototype: { fetch: Fetch } };
}

const require = createRequire(import.meta.url);

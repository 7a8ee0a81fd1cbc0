import { createRequire } from "node:module";
import { assertPatchable, kafkajsVersion } from "./patch.ts";

/**
 * kafkajs lets every fetch of a consumer wait for records equally long. Where one of a group's assigners has `fetchWait`, it
 * says before each fetch how long it may, in milliseconds.
 */
export const fetchWait: unique symbol = Symbol("fetch wait");

/** SHA-256 of the source of ConsumerGroup.fetch, as version 2.2.4 has it. */
export const fetchHash = "e2e52d81f1e13b90c4fb9816824dd20f9103f9d974f18161574639793eb1cabf";

type Fetch = (this: ConsumerGroup, nodeId: string) => Promise<unknown>;

/** What is used of kafkajs's ConsumerGroup (src/consumer/consumerGroup.js). */
interface ConsumerGroup {
  /** Also how long it sleeps when all it owns is paused. Milliseconds. */
  maxWaitTime: number;
  readonly assigners: readonly { readonly [fetchWait]?: (hasPaused: boolean) => number }[];
  paused(): readonly { readonly partitions: readonly number[] }[];
}

/** Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read. */
export function letFetchesVary(): void {
  const { prototype } = fetchingGroupClass();
  const upstream = prototype.fetch;
  if (patched.has(upstream)) return;
  assertPatchable(kafkajsVersion(), upstream, fetchHash, "ConsumerGroup.fetch");
  const varying: Fetch = function (nodeId) {
    const hasPaused = this.paused().some(({ partitions }) => partitions.length > 0);
    for (const assigner of this.assigners) this.maxWaitTime = assigner[fetchWait]?.(hasPaused) ?? this.maxWaitTime;
    return upstream.call(this, nodeId);
  };
  patched.add(varying);
  prototype.fetch = varying;
}

/** kafkajs's ConsumerGroup, for the patch and its tests. */
export function fetchingGroupClass(): { readonly prototype: { fetch: Fetch } } {
  return require("kafkajs/src/consumer/consumerGroup.js") as { prototype: { fetch: Fetch } };
}

const patched = new WeakSet<Fetch>();
const require = createRequire(import.meta.url);

import type { GroupHooks } from "./group-hooks.ts";
import { kafkajsModule } from "./patch.ts";

/** What is used of kafkajs's ConsumerGroup: one member of a group. */
export interface ConsumerGroup {
  /** Null while the group does not know this member: whatever it held is void. */
  readonly memberId: string | null;
  readonly assigners: readonly GroupHooks[];
  /** Also how long it sleeps when there is nothing to ask for. Milliseconds. */
  maxWaitTime: number;
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  isPaused(topic: string, partition: number): boolean;
}

/** The class, for the patches and their tests. */
export function consumerGroupClass(): {
  readonly prototype: {
    joinAndSync: (this: ConsumerGroup) => Promise<void>;
    fetch: (this: ConsumerGroup, nodeId: string) => Promise<unknown>;
  };
} {
  return kafkajsModule("consumer/consumerGroup") as ReturnType<typeof consumerGroupClass>;
}

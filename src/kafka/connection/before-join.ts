import { createRequire } from "node:module";
import { wrapMethod } from "./patch.ts";

/**
 * kafkajs joins a group again without waiting for anybody: what is under way then, and what is settled and not committed,
 * is delivered again by whoever gets the partition. Where one of a group's assigners has `beforeJoin`, this waits for it.
 */
export const beforeJoin: unique symbol = Symbol("before join");

/** SHA-256 of the source of ConsumerGroup.joinAndSync, as version 2.2.4 has it. */
export const joinHash = "86569beffea31029585b788fc5def1cc9013181b0e5771ed60f92305120cf0b4";

type JoinAndSync = (this: ConsumerGroup) => Promise<void>;

/** What is used of kafkajs's ConsumerGroup (src/consumer/consumerGroup.js). */
interface ConsumerGroup {
  /** Null while the group does not know this member: whatever it held is void. */
  readonly memberId: string | null;
  readonly assigners: readonly { readonly [beforeJoin]?: () => Promise<void> }[];
}

/** Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read. */
export function letJoinsWait(): void {
  const method = { of: "ConsumerGroup", method: "joinAndSync", hash: joinHash } as const;
  wrapMethod(
    consumerGroupClass().prototype,
    method,
    (upstream) =>
      async function () {
        if (this.memberId !== null) for (const assigner of this.assigners) await assigner[beforeJoin]?.();
        return upstream.call(this);
      },
  );
}

/** kafkajs's ConsumerGroup, for the patch and its tests. */
export function consumerGroupClass(): { readonly prototype: { joinAndSync: JoinAndSync } } {
  return require("kafkajs/src/consumer/consumerGroup.js") as { prototype: { joinAndSync: JoinAndSync } };
}

const require = createRequire(import.meta.url);

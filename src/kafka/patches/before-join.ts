import { consumerGroupClass } from "./consumer-group.ts";
import { beforeJoin } from "./group-hooks.ts";
import { replace, type Source } from "./patch.ts";

export const joinSource: Source = {
  name: "ConsumerGroup.joinAndSync",
  hash: "86569beffea31029585b788fc5def1cc9013181b0e5771ed60f92305120cf0b4",
};

/** A member waits for its hook before it joins again. Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read. */
export function letJoinsWait(): void {
  replace(
    consumerGroupClass().prototype,
    "joinAndSync",
    joinSource,
    (upstream) =>
      async function () {
        if (this.memberId !== null) for (const assigner of this.assigners) await assigner[beforeJoin]?.();
        return upstream.call(this);
      },
  );
}

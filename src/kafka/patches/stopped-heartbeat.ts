import { kafkajsModule, replace, type Source } from "./patch.ts";

export const heartbeatSource: Source = {
  name: "Runner.heartbeat",
  hash: "63c8260620467fae0ff79fc49d9c6de7e87f7a0a5fd8393ff1e0dc10e57fb904",
};

/** What is used of kafkajs's Runner, which fetches for one member. */
export interface Runner {
  readonly running: boolean;
}

/**
 * A member that was told to stop sends no heartbeat more: one that comes back with a rebalance would make it join again before
 * it leaves, and the others wait for it twice. A fetch that brings nothing, and is out when it is told, ends with a heartbeat.
 * Idempotent. Throws BridgeError INTERNAL when kafkajs is not the version, or the method not the source, that was read.
 */
export function stopHeartbeatsWithRunner(): void {
  replace(
    runnerClass().prototype,
    "heartbeat",
    heartbeatSource,
    (upstream) =>
      async function () {
        if (this.running) await upstream.call(this);
      },
  );
}

/** The class, for the patch and its tests. */
export function runnerClass(): { readonly prototype: { heartbeat: (this: Runner) => Promise<void> } } {
  return kafkajsModule("consumer/runner") as ReturnType<typeof runnerClass>;
}

import { BridgeError } from "../../errors.ts";
import { systemClock } from "../../model/clock.ts";
import { pause, within } from "../../model/deadline.ts";
import { reasonOf, setUpAdvice, typesOf } from "./broker-errors.ts";

/** Thrown by what is asked: it has no answer yet and is worth asking again. */
export class NotYet extends Error {}

/** What a broker says while it starts, or while something moves to another. */
const passing = new Set([
  "COORDINATOR_NOT_AVAILABLE",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "GROUP_LOAD_IN_PROGRESS",
  "NOT_COORDINATOR_FOR_GROUP",
  "LEADER_NOT_AVAILABLE",
  "NOT_CONTROLLER",
  "NOT_LEADER_FOR_PARTITION",
  "REQUEST_TIMED_OUT",
  "UNKNOWN_TOPIC_OR_PARTITION",
]);
const neverGranted = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_REPLICATION_FACTOR",
  "INVALID_CONFIG",
  "POLICY_VIOLATION",
]);

const askAgainMs = 200;

/**
 * Asks until there is an answer, where the broker says "not now". `giveUpAtMs` is of performance.now().
 * Throws BridgeError TIMED_OUT, BROKER_UNAVAILABLE, NOT_SET_UP when a topic stays missing, or SETTINGS_INVALID when asking
 * again will never do.
 */
export async function persistently<T>(what: string, giveUpAtMs: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await within(systemClock, giveUpAtMs - performance.now(), what, ask());
    } catch (error) {
      if (error instanceof BridgeError) throw error;
      const types = typesOf(error);
      if (types.some((type) => neverGranted.has(type))) {
        throw new BridgeError("SETTINGS_INVALID", `${what}: the broker refuses: ${reasonOf(error)}`, { cause: error });
      }
      const later = error instanceof NotYet || types.some((type) => passing.has(type));
      if (!later || performance.now() + askAgainMs > giveUpAtMs) {
        // A topic that is missing may be one that was created a moment ago; in the end it is just missing.
        if (types.includes("UNKNOWN_TOPIC_OR_PARTITION")) {
          throw new BridgeError("NOT_SET_UP", `${what}: ${reasonOf(error)}; ${setUpAdvice}`, { cause: error });
        }
        throw new BridgeError("BROKER_UNAVAILABLE", `${what}: ${reasonOf(error)}`, { cause: error });
      }
      await pause(systemClock, askAgainMs);
    }
  }
}

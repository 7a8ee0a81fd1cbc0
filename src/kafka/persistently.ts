import { setTimeout as pause } from "node:timers/promises";
import { BridgeError, messageOf } from "../errors.ts";

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

/**
 * Asks until there is an answer, where the broker says "not now". `giveUpAtMs` is of performance.now().
 * Throws BridgeError TIMED_OUT, BROKER_UNAVAILABLE, NOT_SET_UP when a topic stays missing, or SETTINGS_INVALID when asking
 * again will never do.
 */
export async function persistently<T>(what: string, giveUpAtMs: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await inTime(what, giveUpAtMs, ask());
    } catch (error) {
      if (error instanceof BridgeError) throw error;
      const types = typesOf(error);
      if (types.some((type) => neverGranted.has(type))) {
        throw new BridgeError("SETTINGS_INVALID", `${what}: the broker refuses: ${reasonOf(error)}`, { cause: error });
      }
      const later = error instanceof NotYet || types.some((type) => passing.has(type));
      if (!later || performance.now() + 200 > giveUpAtMs) {
        // A topic that is missing may be one that was created a moment ago; in the end it is just missing.
        const missing = types.includes("UNKNOWN_TOPIC_OR_PARTITION");
        const code = missing ? "NOT_SET_UP" : "BROKER_UNAVAILABLE";
        throw new BridgeError(code, `${what}: ${reasonOf(error)}`, { cause: error });
      }
      await pause(200);
    }
  }
}

/** Throws BridgeError TIMED_OUT when `giveUpAtMs` (of performance.now()) comes before the answer. */
export async function inTime<T>(what: string, giveUpAtMs: number, answer: Promise<T>): Promise<T> {
  const late = new AbortController();
  const tooLate = pause(Math.max(giveUpAtMs - performance.now(), 0), undefined, { signal: late.signal }).then(() => {
    throw new BridgeError("TIMED_OUT", `${what} took too long`);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    late.abort();
    tooLate.catch(() => undefined);
  }
}

/** What the broker said, of every topic concerned. kafkajs keeps what the broker said in `type`, and of several topics in `errors`. */
export function typesOf(error: unknown): readonly string[] {
  return flattened(error).flatMap((one) => ("type" in one && typeof one.type === "string" ? [one.type] : []));
}

function reasonOf(error: unknown): string {
  return flattened(error)
    .map((one) => ("topic" in one && typeof one.topic === "string" ? `${one.topic}: ${one.message}` : one.message))
    .join("; ");
}

function flattened(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [new Error(messageOf(error))];
  const inner = "errors" in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  return inner.length === 0 ? [error] : inner.flatMap(flattened);
}

import { BridgeError, messageOf } from "../../errors.ts";
import { ownCommand } from "../../model/own-command.ts";

/** What kafkajs's errors mean. */

/**
 * What the broker said, of every topic concerned. kafkajs keeps it in `type`, wraps one error in another as `cause`, and
 * those of several topics as `errors`.
 */
export function typesOf(error: unknown): readonly string[] {
  return flattened(error).flatMap((one) => ("type" in one && typeof one.type === "string" ? [one.type] : []));
}

export function reasonOf(error: unknown): string {
  return innermost(error)
    .map((one) => ("topic" in one && typeof one.topic === "string" ? `${one.topic}: ${one.message}` : one.message))
    .join("; ");
}

/** Whether waiting may mend it. */
export function isPassing(error: Error): boolean {
  const root = flattened(error).findLast(({ cause }) => !(cause instanceof Error)) ?? error;
  return ("retriable" in root && root.retriable === true) || passingNames.has(root.name) || isStuck(error);
}

/** Errors of kafkajs that are called final though only the brokers are not there yet. */
const passingNames = new Set(["KafkaJSGroupCoordinatorNotFound", "KafkaJSLockTimeout", "KafkaJSTimeout"]);

/**
 * A broker that hung while a client of kafkajs connected to it leaves the client in a state in which it holds itself for
 * connected and fails each request at once, for ever (broker/index.js: connect() returns before the versions are known).
 */
export function isStuck(error: unknown): boolean {
  return flattened(error).some(({ message }) => message.includes("Broker not connected"));
}

/** What is thrown where nothing could be connected to. */
export function noBrokerAnswers(cause: unknown): BridgeError {
  return new BridgeError("BROKER_UNAVAILABLE", `no Kafka broker answers: ${messageOf(cause)}`, { cause });
}

/** What is thrown where a topic could not be asked about: NOT_SET_UP when it is missing, else the error as it came. */
export function asMissingTopic(topic: string, error: unknown): unknown {
  if (!typesOf(error).includes("UNKNOWN_TOPIC_OR_PARTITION")) return error;
  return new BridgeError("NOT_SET_UP", `the topic ${topic} does not exist; ${setUpAdvice}`, { cause: error });
}

/** A topic is missing: it was never made, or goes by another name. */
export const setUpAdvice: string = `run \`${ownCommand} setup\`, unless the topics go by another prefix (TOPIC_PREFIX)`;

/** What is thrown where a partition was named that a topic has not: no `setup` makes one. */
export function noSuchPartition(topic: string, partition: number, there: readonly number[]): BridgeError {
  const last = Math.max(...there);
  const those = there.length === 0 ? "none" : last === 0 ? "only 0" : `0 to ${last}`;
  return new BridgeError("USAGE", `the topic ${topic} has no partition ${partition}; there are: ${those}`);
}

const deepest = 10;

/** An error, what it wraps, and what that wraps. */
function flattened(error: unknown, depth = 0): readonly Error[] {
  if (!(error instanceof Error) || depth > deepest) return [];
  return [error, ...wrapped(error).flatMap((inner) => flattened(inner, depth + 1))];
}

/** What went wrong in the first place: of one topic, or of each of several. */
function innermost(error: unknown, depth = 0): readonly Error[] {
  if (!(error instanceof Error)) return [new Error(messageOf(error))];
  const inner = severalOf(error);
  return inner.length === 0 || depth > deepest ? [error] : inner.flatMap((one) => innermost(one, depth + 1));
}

function wrapped(error: Error): readonly unknown[] {
  return error.cause === undefined ? severalOf(error) : [error.cause, ...severalOf(error)];
}

function severalOf(error: Error): readonly unknown[] {
  return "errors" in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
}

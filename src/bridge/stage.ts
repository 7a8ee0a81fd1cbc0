import type { ReadinessCheck } from "../admin/probe-listener.ts";
import type { Settings } from "../config/settings.ts";
import type { BridgeError } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock } from "../model/clock.ts";
import type { HandlerProblem, InstanceStatus } from "../model/instance-status.ts";
import type { Logger } from "../model/logger.ts";
import type { TopicNames } from "../model/topics.ts";
import type { Metrics } from "../observe/metrics.ts";

/** What closing a stage, or a group of one, takes besides draining, at most. Milliseconds. */
export const closeMs = 6000;

/** What both stages are built from. Each makes its own producers, consumers, tasks and sockets: they share none. */
export interface StageParts {
  /** Names the instance wherever it says who it is; the same in both of its threads. */
  readonly instanceId: string;
  readonly settings: Settings;
  readonly topics: TopicNames;
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The stage cannot go on; the process should end. */
  readonly onGaveUp: (error: BridgeError) => void;
}

/** The handlers as a stage runs them. */
export interface RunningHandlers {
  /** Of the log of handlers; -1: they are no log's. */
  readonly revision: number;
  /** Those that it does not run as they are defined. */
  readonly problems: readonly HandlerProblem[];
}

/** What a stage says of itself, from memory: asking holds nothing up. */
export type StageStatus = Pick<
  InstanceStatus,
  "handlersRevision" | "problems" | "waitingFor" | "loopLagMs" | "breakers" | "groups"
>;

/** A stage that was composed; it works once `start` has resolved. */
export interface ComposedStage {
  readonly checks: readonly ReadinessCheck[];
  status(): StageStatus;
  /** Of the handlers it runs by now; asked several times a second. */
  revision(): number;
  /** Waits for broker and registry as long as it takes; rejects with CLOSED when `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Lets what is under way end, commits, leaves the groups. Resolves within `drainMs` and about ten seconds, usually in one or two. */
  stop(drainMs: number): Promise<void>;
}

/** The names of those that do not hold. */
export function waitingFor(checks: readonly ReadinessCheck[]): readonly string[] {
  return checks.filter((check) => !check.holds()).map(({ name }) => name);
}

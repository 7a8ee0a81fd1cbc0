import type { ReadinessCheck } from "../admin/probe-listener.ts";
import type { Settings } from "../config/settings.ts";
import type { BridgeError } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock } from "../model/clock.ts";
import type { Logger } from "../model/logger.ts";
import type { TopicNames } from "../model/topics.ts";
import type { Metrics } from "../observe/metrics.ts";

/** What both stages are built from. Each makes its own producers, consumers, tasks and sockets: they share none. */
export interface StageParts {
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

/** A stage that was composed; it works once `start` has resolved. */
export interface ComposedStage {
  readonly checks: readonly ReadinessCheck[];
  /** Waits for broker and registry as long as it takes; rejects with CLOSED when `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Lets what is under way end, commits, leaves the groups. Resolves within `drainMs` and about ten seconds, usually in one or two. */
  stop(drainMs: number): Promise<void>;
}

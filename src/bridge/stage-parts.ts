import type { Settings } from "../config/settings.ts";
import type { BridgeError } from "../errors.ts";
import { createKafkaClient } from "../kafka/connection/client.ts";
import { createRegistry } from "../kafka/registry/registry.ts";
import { systemClock } from "../model/clock.ts";
import type { Logger } from "../model/logger.ts";
import { topicNames } from "../model/topics.ts";
import type { Metrics } from "../observe/metrics.ts";
import { kafkaSettings, registrySettings } from "./connections.ts";
import type { StageParts } from "./stage.ts";

/** What stages of one thread are built from; `instanceId` is the same in all threads. Throws SETTINGS_INVALID. */
export function stageParts(
  instanceId: string,
  settings: Settings,
  logger: Logger,
  metrics: Metrics,
  onGaveUp: (error: BridgeError) => void,
): StageParts {
  return {
    instanceId,
    settings,
    topics: topicNames(settings.topics.prefix),
    client: createKafkaClient(kafkaSettings(settings), logger),
    registry: createRegistry(registrySettings(settings)),
    metrics,
    logger,
    clock: systemClock,
    onGaveUp,
  };
}

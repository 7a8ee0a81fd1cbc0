import { createHash } from "node:crypto";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { openHeartbeatWriter } from "../kafka/records/heartbeat-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Clock } from "../model/clock.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import { PeriodicRecord } from "./periodic-record.ts";

export interface HeartbeatParts {
  readonly producer: RecordProducer;
  readonly registry: Pick<Registry, "recordBySchema">;
  readonly topic: string;
  readonly instanceId: string;
  /** What the instance works by now; asked at every beat. */
  readonly handlers: () => readonly BeforeHandler[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** A beat that was not written. */
  readonly onFailed: () => void;
}

/** Four beats may get lost before a client takes the instance for gone (2 s). */
const beatEveryMs = 500;
/** A beat older than the next one is worth nothing. */
export const beatTimeoutMs = 1000;

/**
 * Tells billing cores that this instance lives and which events it has handlers for, so that they need not ask about others
 * (docs/billing-core.md). Starts once the instance takes requests, ends with a farewell. Without beats cores ask, which is right.
 */
export function createHeartbeat(parts: HeartbeatParts): PeriodicRecord {
  const { clock, handlers, instanceId, registry, topic } = parts;
  const startMs = clock.monotonicMs();
  const startedAt = new Date(clock.epochMs()).toISOString();
  return new PeriodicRecord({
    ...parts,
    key: instanceId,
    everyMs: beatEveryMs,
    complaint: "heartbeat not written: billing cores ask always",
    async open() {
      const writer = await openHeartbeatWriter(registry, topic);
      return () => {
        const live = enabled(handlers());
        return writer.encode({
          instanceId,
          eventIds: [...new Set(live.flatMap(({ events }) => events))].sort(),
          handlersRevision: revisionOf(live),
          startedAt,
          beatAt: new Date(clock.epochMs()).toISOString(),
          uptimeMs: clock.monotonicMs() - startMs,
        });
      };
    },
  });
}

/** Those of any mode: a handler that only watches has to be shown the requests too. */
function enabled(handlers: readonly BeforeHandler[]): readonly BeforeHandler[] {
  return handlers.filter(({ status }) => status === "enabled");
}

function revisionOf(handlers: readonly BeforeHandler[]): string {
  return createHash("sha256").update(JSON.stringify(handlers)).digest("hex").slice(0, 16);
}

import type { Registry } from "../registry/registry.ts";
import { heartbeatSchema, subjectOf } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

/** One beat of an instance, as schemas/bridges/BridgeHeartbeat.avsc says. */
export interface Heartbeat {
  readonly instanceId: string;
  /** Event ids with an enabled before handler. */
  readonly eventIds: readonly string[];
  readonly handlersRevision: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly beatAt: string;
  /** Milliseconds since the start, by a monotonic clock. */
  readonly uptimeMs: number;
}

export interface HeartbeatWriter {
  encode(beat: Heartbeat): Buffer;
}

export type HeartbeatReading = { readonly kind: "heartbeat"; readonly beat: Heartbeat } | Unread;

/** Looks the schema up once, so that a beat never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openHeartbeatWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<HeartbeatWriter> {
  const record = await registry.recordBySchema(subjectOf(topic, heartbeatSchema.record), heartbeatSchema.text);
  return {
    encode: (beat) =>
      record.encode({
        instance_id: beat.instanceId,
        event_ids: beat.eventIds,
        handlers_revision: beat.handlersRevision,
        started_at: beat.startedAt,
        beat_at: beat.beatAt,
        uptime_ms: Math.round(beat.uptimeMs),
      }),
  };
}

/** Reads a beat's value with the schema it names. Never rejects. */
export async function readHeartbeat(registry: Pick<Registry, "recordById">, value: Buffer): Promise<HeartbeatReading> {
  const reading = await readOwnRecord(registry, heartbeatSchema.record, value);
  if (reading.kind !== "fields") return reading;
  const written = reading.fields as unknown as Written;
  if (!isWritten(written)) return { kind: "unreadable", detail: "its schema is not one of a heartbeat" };
  return {
    kind: "heartbeat",
    beat: {
      instanceId: written.instance_id,
      eventIds: written.event_ids,
      handlersRevision: written.handlers_revision ?? null,
      startedAt: written.started_at,
      beatAt: written.beat_at,
      uptimeMs: Number(written.uptime_ms),
    },
  };
}

/** Whoever may register schemas may give this record's name to another record. */
function isWritten({ event_ids: ids, instance_id: instance, uptime_ms: uptime }: Partial<Written>): boolean {
  return (
    Array.isArray(ids) &&
    ids.every((id) => typeof id === "string") &&
    typeof instance === "string" &&
    (typeof uptime === "number" || typeof uptime === "bigint")
  );
}

interface Written {
  readonly instance_id: string;
  readonly event_ids: readonly string[];
  readonly handlers_revision?: string | null;
  readonly started_at: string;
  readonly beat_at: string;
  readonly uptime_ms: number | bigint;
}

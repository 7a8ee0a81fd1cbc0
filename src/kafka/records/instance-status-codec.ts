import type { BreakerStanding, GroupStanding, HandlerProblem, InstanceStatus } from "../../model/instance-status.ts";
import type { Registry } from "../registry/registry.ts";
import { instanceStatusSchema, subjectOf } from "../registry/schemas.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";
import { numberOrNull, rounded } from "./wire-values.ts";

export interface InstanceStatusWriter {
  encode(status: InstanceStatus): Buffer;
}

/** Words are text, because a newer version may know more of them. */
export interface StoredInstanceStatus extends Omit<InstanceStatus, "breakers"> {
  readonly breakers: readonly StoredBreaker[];
}

type StoredBreaker = { readonly [Key in keyof BreakerStanding]: string };

export type InstanceStatusReading = { readonly kind: "status"; readonly status: StoredInstanceStatus } | Unread;

/** Looks the schema up once, so that a status never waits. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openInstanceStatusWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<InstanceStatusWriter> {
  const subject = subjectOf(topic, instanceStatusSchema.record);
  const record = await registry.recordBySchema(subject, instanceStatusSchema.text);
  return {
    encode: (status) =>
      record.encode({
        instance_id: status.instanceId,
        host: status.host,
        stage: status.stage,
        version: status.version,
        started_at: status.startedAt,
        at: status.at,
        handlers_revision: status.handlersRevision,
        problems: status.problems.map(({ handler, problem }) => ({ handler, problem })),
        waiting_for: status.waitingFor,
        loop_lag_ms: rounded(status.loopLagMs),
        breakers: status.breakers.map(({ handler, pool, state }) => ({ handler, pool, state })),
        groups: status.groups.map((group) => ({
          group: group.group,
          group_id: group.groupId,
          state: group.state,
          partitions: group.partitions,
          unsettled: group.unsettled,
          running: group.running,
          oldest_runnable_ms: rounded(group.oldestRunnableMs),
          parked_keys: group.parkedKeys,
          paused: group.paused,
          braked: group.braked,
        })),
      }),
  };
}

/** Reads a status with the schema it names. Never rejects. */
export async function readInstanceStatus(
  registry: Pick<Registry, "recordById">,
  value: Buffer,
): Promise<InstanceStatusReading> {
  const reading = await readOwnRecord(registry, instanceStatusSchema.record, value);
  if (reading.kind !== "fields") return reading;
  const written = reading.fields as unknown as Written;
  // Whoever may register schemas may give this record's name to another record.
  if (!isWritten(written)) return { kind: "unreadable", detail: "its schema is not one of an instance's status" };
  return { kind: "status", status: fromWire(written) };
}

const texts = ["instance_id", "host", "stage", "version", "started_at", "at"] as const;

function isWritten(written: Readonly<Record<string, unknown>> | Written): boolean {
  const lists = ["problems", "waiting_for", "breakers", "groups"] as const;
  return (
    texts.every((name) => typeof written[name] === "string") &&
    lists.every((name) => written[name] === undefined || Array.isArray(written[name]))
  );
}

type Long = number | bigint;

// Fields are taken by name, with the schema's defaults for those that an older version of it did not have.
interface Written {
  readonly instance_id: string;
  readonly host: string;
  readonly stage: string;
  readonly version: string;
  readonly started_at: string;
  readonly at: string;
  readonly handlers_revision?: Long;
  readonly problems?: readonly HandlerProblem[];
  readonly waiting_for?: readonly string[];
  readonly loop_lag_ms?: Long | null;
  readonly breakers?: readonly StoredBreaker[];
  readonly groups?: readonly WrittenGroup[];
}

interface WrittenGroup {
  readonly group: string;
  readonly group_id: string;
  readonly state: string;
  readonly partitions: readonly string[];
  readonly unsettled?: Long;
  readonly running?: Long;
  readonly oldest_runnable_ms?: Long | null;
  readonly parked_keys?: Long;
  readonly paused?: boolean;
  readonly braked?: boolean;
}

function fromWire(written: Written): StoredInstanceStatus {
  return {
    instanceId: written.instance_id,
    host: written.host,
    stage: written.stage,
    version: written.version,
    startedAt: written.started_at,
    at: written.at,
    handlersRevision: Number(written.handlers_revision ?? -1),
    problems: written.problems ?? [],
    waitingFor: written.waiting_for ?? [],
    loopLagMs: numberOrNull(written.loop_lag_ms),
    breakers: written.breakers ?? [],
    groups: (written.groups ?? []).map(groupFromWire),
  };
}

function groupFromWire(written: WrittenGroup): GroupStanding {
  return {
    group: written.group,
    groupId: written.group_id,
    state: written.state,
    partitions: written.partitions,
    unsettled: Number(written.unsettled ?? 0),
    running: Number(written.running ?? 0),
    oldestRunnableMs: numberOrNull(written.oldest_runnable_ms),
    parkedKeys: Number(written.parked_keys ?? 0),
    paused: written.paused ?? false,
    braked: written.braked ?? false,
  };
}

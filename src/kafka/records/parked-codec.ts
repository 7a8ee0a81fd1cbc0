import type { ParkedEntry } from "../../after/ports.ts";
import type { TopicPartition } from "../../model/record.ts";
import type { Registry } from "../registry/registry.ts";
import { parkedSchema, subjectOf } from "../registry/schemas.ts";
import { type CarriedRecord, carry, unpack } from "./carried-record.ts";
import { readOwnRecord, type Unread } from "./own-record.ts";

/** An entry before it has a place in the log. */
export type NewEntry = WithoutPlace<ParkedEntry>;
type WithoutPlace<E> = E extends ParkedEntry ? Omit<E, "at"> : never;

/** Whose log it belongs to. */
export interface ParkOwner {
  readonly group: string;
  readonly source: TopicPartition;
}

export interface ParkedWriter {
  encode(owner: ParkOwner, entry: NewEntry, atMs: number): Buffer;
}

export type ParkedReading = { readonly kind: "entry"; readonly owner: ParkOwner; readonly entry: NewEntry } | Unread;

/** Looks the schema up once. Throws BridgeError NOT_SET_UP or REGISTRY_UNAVAILABLE. */
export async function openParkedWriter(
  registry: Pick<Registry, "recordBySchema">,
  topic: string,
): Promise<ParkedWriter> {
  const schema = await registry.recordBySchema(subjectOf(topic, parkedSchema.record), parkedSchema.text);
  return {
    encode({ group, source: { partition, topic } }, entry, atMs) {
      const parkedAt = new Date(atMs).toISOString();
      return schema.encode({
        ...nothing,
        kind: entry.kind,
        group,
        topic,
        partition,
        parked_at: parkedAt,
        ...wireOf(entry),
      });
    },
  };
}

/** Reads an entry's value with the schema it names. Never rejects. */
export async function readParked(registry: Pick<Registry, "recordById">, value: Buffer): Promise<ParkedReading> {
  const reading = await readOwnRecord(registry, parkedSchema.record, value);
  if (reading.kind !== "fields") return reading;
  const written = reading.fields as unknown as Written;
  const entry = entryOf(written);
  if (entry === null) return { kind: "unreadable", detail: `parked records of kind ${written.kind} are not known` };
  const { group, partition, topic } = written;
  return { kind: "entry", owner: { group, source: { topic, partition } }, entry };
}

const nothing = {
  alone: false,
  ended: [],
  epoch: -1,
  stay: -1,
  offset: -1,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
};

interface Written extends CarriedRecord {
  readonly kind: string;
  readonly group: string;
  readonly epoch?: number | bigint;
  readonly stay?: number;
  readonly alone?: boolean;
  readonly ended?: readonly (number | bigint)[];
}

function wireOf(entry: NewEntry): object {
  switch (entry.kind) {
    case "opened":
      return { epoch: entry.follows ?? -1 };
    case "record":
      return { epoch: entry.epoch, stay: entry.stay, alone: entry.alone, ...carry(entry.record) };
    case "settled": {
      const { ended, epoch, key, laneId, left } = entry;
      const lane = typeof laneId === "number" ? { alone: true, offset: laneId } : {};
      return { epoch, stay: left, ended, ...lane, key: key === null ? null : Buffer.from(key, "latin1") };
    }
  }
}

/** Null: an entry of a kind that a newer version writes. */
function entryOf(written: Written): NewEntry | null {
  const epoch = Number(written.epoch ?? -1);
  const stay = written.stay ?? -1;
  const alone = written.alone ?? false;
  switch (written.kind) {
    case "opened":
      return { kind: "opened", follows: epoch < 0 ? null : epoch };
    case "record":
      return { kind: "record", epoch, stay, alone, record: unpack(written) };
    case "settled": {
      const key = written.key?.toString("latin1") ?? null;
      const ended = (written.ended ?? []).map(Number);
      return { kind: "settled", epoch, laneId: alone ? Number(written.offset) : key, key, ended, left: stay };
    }
    default:
      return null;
  }
}

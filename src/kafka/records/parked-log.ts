import type { ParkedLog, ParkRange } from "../../after/ports.ts";
import { BridgeError } from "../../errors.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { type InboundRecord, partitionId } from "../../model/record.ts";
import type { LogReader } from "../consume/log-reader.ts";
import type { RecordPosition, RecordProducer } from "../produce/producer.ts";
import { groupKey } from "./group-key.ts";
import type { NewEntry, ParkedReading, ParkedWriter, ParkOwner } from "./parked-codec.ts";

export interface ParkedLogOptions {
  readonly producer: Pick<RecordProducer, "send">;
  readonly topic: string;
  readonly encode: ParkedWriter["encode"];
  readonly decode: (value: Buffer) => Promise<ParkedReading>;
  readonly openReader: () => Promise<Pick<LogReader, "read" | "close">>;
  readonly lost: (group: string, range: ParkRange) => void;
  readonly clock?: Pick<Clock, "epochMs">;
}

export interface OpenParkedLog extends ParkedLog {
  close(): Promise<void>;
}

/**
 * The parked topic. What an owner writes of one source partition stands in one partition, which the source's name chooses
 * at the first time; its note remembers it. The record key is a `groupKey`, as a dead letter's.
 * Writes reject as RecordProducer.send does, reads as LogReader does, and with REGISTRY_UNAVAILABLE.
 */
export function createParkedLog(options: ParkedLogOptions): OpenParkedLog {
  const { producer, topic, clock = systemClock } = options;
  let reader: Promise<Pick<LogReader, "read" | "close">> | null = null;

  const write = (
    owner: ParkOwner,
    key: Buffer | null,
    entry: NewEntry,
    partition: number | undefined,
  ): Promise<RecordPosition> => {
    const value = options.encode(owner, entry, clock.epochMs());
    const place = partition === undefined ? {} : { partition };
    return producer.send({ topic, ...place, key: groupKey(owner.group, key), value, headers: {} });
  };
  const forget = async (): Promise<void> => {
    const former = reader;
    reader = null;
    await former?.then((open) => open.close()).catch(() => undefined);
  };

  return {
    async open(group, source, follows) {
      const name = Buffer.from(partitionId(source));
      const entry = { kind: "opened", follows: follows?.epoch ?? null } as const;
      const at = await write({ group, source }, name, entry, follows?.partition);
      return { partition: at.partition, epoch: at.offset };
    },
    async write(group, { epoch, partition }, record, stay, alone) {
      const entry = { kind: "record", epoch, stay, alone, record } as const;
      return (await write({ group, source: record }, record.key, entry, partition)).offset;
    },
    async settle(group, { epoch, partition }, source, ends) {
      const key = ends.key === null ? null : Buffer.from(ends.key, "latin1");
      await write({ group, source }, key, { kind: "settled", epoch, ...ends }, partition);
    },
    async read(group, source, range, take) {
      reader ??= options.openReader();
      try {
        for await (const page of (await reader).read({ topic, ...range })) {
          for (const record of page) {
            const read = await entryOf(record, group, options.decode);
            if (read === null || !isOf(read.owner, { group, source })) continue;
            take({ ...read.entry, at: record.offset });
          }
        }
      } catch (error) {
        await forget();
        throw error;
      }
    },
    lost: options.lost,
    close: forget,
  };
}

function isOf(owner: ParkOwner, { group, source }: ParkOwner): boolean {
  return owner.group === group && owner.source.topic === source.topic && owner.source.partition === source.partition;
}

/** Null: another group's, or nobody's. The key tells most of it before anything is decoded. */
async function entryOf(record: InboundRecord, group: string, decode: ParkedLogOptions["decode"]) {
  const prefix = groupKey(group, null);
  if (record.key?.subarray(0, prefix.length).equals(prefix) !== true || record.value === null) return null;
  const reading = await decode(record.value);
  if (reading.kind === "registry-away") throw new BridgeError("REGISTRY_UNAVAILABLE", reading.detail);
  return reading.kind === "entry" ? reading : null;
}

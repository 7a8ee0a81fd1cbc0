import { BridgeError } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import type { LogRange, LogReader } from "../kafka/consume/log-reader.ts";
import { readDeadLetter, type StoredDeadLetter } from "../kafka/records/dead-letter-codec.ts";
import type { LetterPosition } from "../kafka/records/replays.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import type { InboundRecord } from "../model/record.ts";
import type { TopicNames } from "../model/topics.ts";

/** What the operations are made with. */
export interface OperationParts {
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly reader: LogReader;
  readonly topics: TopicNames;
  /** Consumer groups of the after stage are `<groupPrefix>.after.<group>`. */
  readonly groupPrefix: string;
  /** Longest wait for one answer of the brokers, milliseconds. */
  readonly timeoutMs: number;
}

/** A dead letter and where it stands. */
export interface FiledLetter {
  readonly at: LetterPosition;
  readonly letter: StoredDeadLetter;
}

export type LetterReading =
  | ({ readonly kind: "letter" } & FiledLetter)
  /** A record of the topic that no version of this program wrote. */
  | { readonly kind: "unreadable"; readonly at: LetterPosition; readonly detail: string };

/** `3/17`: partition and offset in the dead letter topic. */
export function positionText({ partition, offset }: LetterPosition): string {
  return `${partition}/${offset}`;
}

/** Throws USAGE. */
export function parsePosition(text: string): LetterPosition {
  const [, partition, offset] = /^(\d{1,9})\/(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined || offset === undefined) {
    throw new BridgeError(
      "USAGE",
      `"${text}" is no position of a dead letter, such as 3/17 (dead-letters list shows them)`,
    );
  }
  return { partition: Number(partition), offset: Number(offset) };
}

/** What the dead letter topic holds now; with `sinceMs` (since 1970 UTC) without what was written before. Throws as `logBounds`. */
export function letterRanges(
  { client, topics, timeoutMs }: Pick<OperationParts, "client" | "topics" | "timeoutMs">,
  sinceMs: number | null = null,
): Promise<readonly LogRange[]> {
  return logBounds(client, topics.deadLetters, sinceMs, timeoutMs);
}

/**
 * The dead letters of these ranges, one after another, each in its order; one answer of the broker is in memory at a time.
 * Throws as `LogReader.read`, and REGISTRY_UNAVAILABLE.
 */
export async function* readLetters(
  { registry, reader }: Pick<OperationParts, "registry" | "reader">,
  ranges: readonly LogRange[],
): AsyncGenerator<LetterReading, void, void> {
  for (const range of ranges) {
    for await (const records of reader.read(range))
      for (const record of records) yield await readingOf(registry, record);
  }
}

/** Those of these positions that the topic holds now: whoever names one may have made it up. Throws as `logBounds`. */
export async function heldPositions(
  parts: Pick<OperationParts, "client" | "topics" | "timeoutMs">,
  positions: readonly LetterPosition[],
): Promise<readonly LetterPosition[]> {
  const ranges = new Map((await letterRanges(parts)).map((range) => [range.partition, range]));
  return positions.filter(({ partition, offset }) => {
    const range = ranges.get(partition);
    return range !== undefined && offset >= range.from && offset < range.until;
  });
}

/** One dead letter; null when none stands there. Throws as `readLetters`, and RECORD_UNDECODABLE. */
export async function readLetter(
  { registry, reader, topics }: Pick<OperationParts, "registry" | "reader" | "topics">,
  at: LetterPosition,
): Promise<FiledLetter | null> {
  const record = await reader.first({ topic: topics.deadLetters, partition: at.partition }, at.offset);
  if (record?.offset !== at.offset) return null;
  const reading = await readingOf(registry, record);
  if (reading.kind === "letter") return reading;
  throw new BridgeError("RECORD_UNDECODABLE", `${positionText(at)} is no dead letter: ${reading.detail}`);
}

async function readingOf(registry: Registry, record: InboundRecord): Promise<LetterReading> {
  const at = { partition: record.partition, offset: record.offset };
  if (record.value === null) return { kind: "unreadable", at, detail: "the record has no value" };
  const reading = await readDeadLetter(registry, record.value);
  switch (reading.kind) {
    case "dead-letter":
      return { kind: "letter", at, letter: reading.letter };
    case "unreadable":
      return { kind: "unreadable", at, detail: reading.detail };
    case "registry-away":
      throw new BridgeError("REGISTRY_UNAVAILABLE", `dead letters cannot be read: ${reading.detail}`);
  }
}

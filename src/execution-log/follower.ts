import { BridgeError } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import { type LogReader, openLogReader } from "../kafka/consume/log-reader.ts";
import { readDecision } from "../kafka/records/decision-codec.ts";
import { readExecution } from "../kafka/records/execution-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { clusterIdOf } from "../kafka/topics/cluster-id.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import { systemClock } from "../model/clock.ts";
import { pause } from "../model/deadline.ts";
import { quietWaitMs } from "../model/quiet-wait.ts";
import type { InboundRecord } from "../model/record.ts";
import { decisionEntry, executionEntry } from "./entries.ts";
import type { Entry } from "./entry.ts";
import { OtherLogs, type Place, passGap, placesOf } from "./positions.ts";
import type { Store } from "./store.ts";

export interface FollowerParts {
  readonly client: KafkaClient;
  readonly registry: Registry;
  readonly topics: { readonly executions: string; readonly decisions: string };
  readonly maxAgeMs: number;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Entries that were added just now. */
  readonly added: (entries: readonly Entry[]) => void;
  readonly behind: (records: number) => void;
  readonly unread: (records: number) => void;
}

const answerMs = 8000;
/** Between two looks, and once nothing has come for a while. */
const pollMs = 300;
const idlePollMs = 1000;
/** Partitions that were added are looked for this often. */
const boundsEveryMs = 30_000;
/** Records that become entries in one transaction: a query waits no longer than for one. */
const atOnce = 200;

/** Reads both topics from where the store stands, and goes on until the signal aborts. Throws what stops it; call it again. */
export async function follow(parts: FollowerParts): Promise<void> {
  const { client, signal, store } = parts;
  const cluster = await clusterIdOf(client, answerMs);
  const known = store.about("cluster");
  if (known !== null && known !== cluster) throw new OtherLogs("it belongs to another cluster");
  if (known === null) store.setAbout("cluster", cluster);
  const reader = await openLogReader(client, answerMs);
  try {
    let partitions: readonly Place[] = [];
    let boundsAtMs = -Infinity;
    let newsAtMs = performance.now();
    while (!signal.aborted) {
      if (performance.now() - boundsAtMs > boundsEveryMs) {
        partitions = await positionsOf(parts);
        boundsAtMs = performance.now();
      }
      if (await readOn(parts, reader, partitions)) newsAtMs = performance.now();
      else await pause(systemClock, quietWaitMs(performance.now() - newsAtMs, pollMs, idlePollMs), signal);
    }
  } finally {
    await reader.close();
  }
}

/** Where each partition is read on. */
async function positionsOf({ client, maxAgeMs, topics, ...parts }: FollowerParts): Promise<readonly Place[]> {
  const known = new Set(parts.store.positions().map(({ topic }) => topic));
  const found: Place[] = [];
  for (const topic of [topics.executions, topics.decisions]) {
    const sinceMs = known.has(topic) ? null : systemClock.epochMs() - maxAgeMs;
    found.push(...placesOf(parts, await logBounds(client, topic, sinceMs, answerMs)));
  }
  return found;
}

/** One answer of the broker of each partition that has more. False: none has. */
async function readOn(parts: FollowerParts, reader: LogReader, partitions: readonly Place[]): Promise<boolean> {
  const ends = await endsOf(reader, partitions);
  const due = partitions.filter((at) => (ends.get(at) ?? 0) > at.next);
  parts.behind(due.reduce((sum, at) => sum + (ends.get(at) ?? 0) - at.next, 0));
  for (const at of due) {
    const { records, next, pastEnd } = await reader.next(at, at.next);
    if (pastEnd === true) throw new OtherLogs(`${at.topic} ends before what the index has of it: it was made anew`);
    for (let first = 0; first < records.length; first += atOnce) {
      const slice = records.slice(first, first + atOnce);
      const upTo = first + atOnce < records.length ? (slice.at(-1)?.offset ?? at.next) + 1 : next;
      await addRecords(parts, at, slice, upTo);
      if (isStopping(parts)) return true;
    }
    if (records.length === 0 && next > at.next) passGap(parts, at, next);
    at.next = next;
  }
  return due.length > 0;
}

function isStopping({ signal }: FollowerParts): boolean {
  return signal.aborted;
}

async function endsOf(reader: LogReader, partitions: readonly Place[]): Promise<ReadonlyMap<Place, number>> {
  const byTopic = [...Map.groupBy(partitions, ({ topic }) => topic)];
  const found = new Map<Place, number>();
  for (const [topic, those] of byTopic) {
    const ends = await reader.ends(
      topic,
      those.map(({ partition }) => partition),
    );
    for (const at of those) found.set(at, ends.get(at.partition) ?? 0);
  }
  return found;
}

async function addRecords(
  parts: FollowerParts,
  at: Place,
  records: readonly InboundRecord[],
  next: number,
): Promise<void> {
  const entries: Entry[] = [];
  for (const record of records) {
    const entry = await entryOf(parts, record);
    if (entry === null) parts.unread(1);
    else entries.push(entry);
  }
  parts.store.add(entries, { topic: at.topic, partition: at.partition, next });
  at.next = next;
  parts.added(entries);
  // Whoever asks meanwhile is answered between two transactions.
  await new Promise(setImmediate);
}

/** Null: nobody can read it. Throws REGISTRY_UNAVAILABLE. */
async function entryOf({ registry, topics }: FollowerParts, record: InboundRecord): Promise<Entry | null> {
  if (record.value === null) return null;
  const isExecution = record.topic === topics.executions;
  const reading = await (isExecution ? readExecution(registry, record.value) : readDecision(registry, record.value));
  switch (reading.kind) {
    case "execution":
      return executionEntry(reading.execution);
    case "decision":
      return decisionEntry(reading.decision, record);
    case "registry-away":
      throw new BridgeError("REGISTRY_UNAVAILABLE", reading.detail);
    case "unreadable":
      return null;
  }
}

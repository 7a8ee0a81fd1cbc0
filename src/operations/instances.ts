import type { LogReader } from "../kafka/consume/log-reader.ts";
import { readInstanceStatus, type StoredInstanceStatus } from "../kafka/records/instance-status-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { logBounds } from "../kafka/topics/log-bounds.ts";
import type { Clock } from "../model/clock.ts";
import type { InboundRecord } from "../model/record.ts";
import type { OperationParts } from "./letters.ts";

/** An instance, what it last said, and when it was heard, by our clock. */
export interface HeardInstance {
  readonly status: StoredInstanceStatus;
  readonly heardMs: number;
}

/** Four statuses may get lost before an instance counts as gone. Milliseconds. */
export const silentAfterMs = 10_000;
/** How far back a first look goes, so that one whose clock is a little ahead misses nobody. */
const lookBackMs = silentAfterMs + 5000;
/** Far more than there are: whoever may write the topic must not fill the memory of those who read it. */
const mostInstances = 1000;

export interface InstanceWatchParts extends Pick<OperationParts, "client" | "timeoutMs"> {
  readonly registry: Pick<Registry, "recordById">;
  readonly reader: Pick<LogReader, "read">;
  readonly topic: string;
  readonly clock: Clock;
}

/**
 * The instances that were heard in the last ten seconds. A look reads what has come since the one before it: no consumer,
 * no group, nothing between two looks. What comes between looks counts from the look, whatever clocks say; only at the
 * first look does the broker's time of a record stand against ours, so that clocks that differ by more cost one look.
 */
export class InstanceWatch {
  readonly #parts: InstanceWatchParts;
  readonly #heard = new Map<string, HeardInstance>();
  #next: number | null = null;
  #looking: Promise<readonly HeardInstance[]> | null = null;

  constructor(parts: InstanceWatchParts) {
    this.#parts = parts;
  }

  /** By id. Several who look at once share one. Throws as `logBounds` and `LogReader.read`. */
  look(): Promise<readonly HeardInstance[]> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<readonly HeardInstance[]> {
    const { client, clock, reader, timeoutMs, topic } = this.#parts;
    const isFirst = this.#next === null;
    const sinceMs = isFirst ? clock.epochMs() - lookBackMs : null;
    const [range] = await logBounds(client, topic, sinceMs, timeoutMs);
    if (range !== undefined) {
      // Past the end: the topic was made anew.
      const from = this.#next === null || this.#next > range.until ? range.from : this.#next;
      for await (const records of reader.read({ ...range, from: Math.max(from, range.from) })) {
        for (const record of newestOfEach(records)) await this.#hear(record, isFirst);
      }
      this.#next = range.until;
    }
    const nowMs = clock.epochMs();
    for (const [id, { heardMs }] of this.#heard) if (nowMs - heardMs > silentAfterMs) this.#heard.delete(id);
    return [...this.#heard.values()].sort((left, right) => (left.status.instanceId < right.status.instanceId ? -1 : 1));
  }

  async #hear({ key, value, timestampMs }: InboundRecord, isFirst: boolean): Promise<void> {
    const id = key?.toString() ?? "";
    if (value === null) {
      this.#heard.delete(id);
      return;
    }
    const reading = await readInstanceStatus(this.#parts.registry, value);
    if (reading.kind !== "status" || reading.status.instanceId !== id) return;
    if (!this.#heard.has(id) && this.#heard.size >= mostInstances) return;
    const nowMs = this.#parts.clock.epochMs();
    this.#heard.set(id, { status: reading.status, heardMs: isFirst ? Math.min(timestampMs, nowMs) : nowMs });
  }
}

/** Of each key the last record: what was said before it counts no more. */
function newestOfEach(records: readonly InboundRecord[]): readonly InboundRecord[] {
  return [...new Map(records.map((record) => [record.key?.toString() ?? "", record])).values()];
}

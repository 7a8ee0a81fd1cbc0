import type { DeadLetters } from "../../after/ports.ts";
import { messageOf } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import { pause } from "../../model/deadline.ts";
import type { Logger } from "../../model/logger.ts";
import type { LostRange } from "../../model/record-source.ts";

export interface GapsParts {
  readonly deadLetters: DeadLetters;
  /** So many records of a group are gone. Must return at once. */
  readonly count: (group: string, records: number) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

const tryAgainMs = 5000;
/** More than there are partitions in any sane group; what is past it is logged and counted all the same. */
const mostWaiting = 1000;

/**
 * Names what a group lost because its records are gone: counted at once, and written as a dead letter of reason `gap`, with
 * the first lost offset as its record's and the range in its detail. Tries until it is written or the stage stops.
 */
export class Gaps {
  readonly #parts: GapsParts;
  readonly #stop = new AbortController();
  #waiting = 0;

  constructor(parts: GapsParts) {
    this.#parts = parts;
  }

  report(group: string, lost: LostRange): void {
    this.#parts.count(group, lost.until - lost.from);
    if (this.#waiting < mostWaiting) void this.#write(group, lost);
  }

  close(): void {
    this.#stop.abort();
  }

  async #write(group: string, { topic, partition, from, until }: LostRange): Promise<void> {
    const { clock, deadLetters, logger } = this.#parts;
    const detail = `offsets ${from} to ${until - 1} of ${topic}, partition ${partition}, were gone before the group read them`;
    const record = {
      topic,
      partition,
      offset: from,
      timestampMs: clock.epochMs(),
      key: null,
      value: null,
      headers: {},
    };
    const letter = { group, handler: null, record, reason: "gap", detail, attempts: [] };
    this.#waiting++;
    for (;;) {
      try {
        await deadLetters.write(letter);
        break;
      } catch (error) {
        logger.error({ group, detail, why: messageOf(error) }, "a gap cannot be written as a dead letter now");
      }
      if (this.#stop.signal.aborted) break;
      await pause(clock, tryAgainMs, this.#stop.signal);
    }
    this.#waiting--;
  }
}

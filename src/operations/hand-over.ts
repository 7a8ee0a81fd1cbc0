import type { RecordProducer } from "../kafka/produce/producer.ts";
import { type LetterPosition, replayRecord } from "../kafka/records/replays.ts";
import type { Clock } from "../model/clock.ts";
import { pause } from "../model/deadline.ts";
import type { FiledLetter } from "./letters.ts";
import type { Replayable } from "./replay-plan.ts";

/** A letter that stands in the replays topic, and where: from there the bridge takes over. */
export interface HandedOver {
  readonly letter: Replayable;
  readonly to: LetterPosition;
}

export interface HandOverOptions {
  readonly producer: Pick<RecordProducer, "send">;
  readonly topic: string;
  /** Null: it is not there any more. */
  readonly read: (at: LetterPosition) => Promise<FiledLetter | null>;
  /** Letters per second. */
  readonly rate: number;
  /** Stops it between two letters. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Told after each letter; `gone`: retention took it since it was found. */
  readonly onProgress: (progress: { readonly done: number; readonly gone: number }) => void;
}

export interface HandOver {
  readonly handedOver: readonly HandedOver[];
  readonly gone: number;
  /** What an abort left; empty when all are through. */
  readonly left: readonly Replayable[];
}

/**
 * Writes letters to the replays topic, one after another, each acknowledged by all in-sync replicas before the next: in
 * the order of the plan, and at no more than `rate`, so that a handler that has just come back is not overrun. Letters
 * are read when their turn comes, so that the bytes of one are in memory. Rejects as `send` and `read` do; what was
 * handed over before is on its way.
 */
export async function handOver(letters: readonly Replayable[], options: HandOverOptions): Promise<HandOver> {
  const { producer, topic, read, rate, signal, clock, onProgress } = options;
  const handedOver: HandedOver[] = [];
  let dueMs = clock.monotonicMs();
  let gone = 0;
  for (const [number, letter] of letters.entries()) {
    if (clock.monotonicMs() < dueMs) await pause(clock, dueMs - clock.monotonicMs(), signal);
    if (signal.aborted) return { handedOver, gone, left: letters.slice(number) };
    // From the last one, not from the first: time that was lost is not made up for by a burst.
    dueMs = clock.monotonicMs() + 1000 / rate;
    const filed = await read(letter.at);
    if (filed === null) gone++;
    else handedOver.push({ letter, to: await producer.send(replayRecord(topic, filed.letter, filed.at)) });
    onProgress({ done: number + 1, gone });
  }
  return { handedOver, gone, left: [] };
}

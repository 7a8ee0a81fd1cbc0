import type { DeadLetters } from "../../after/ports.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import type { RecordProducer } from "../produce/producer.ts";
import type { DeadLetterWriter } from "./dead-letter-codec.ts";
import { groupKey } from "./group-key.ts";

export interface DeadLettersOptions {
  readonly producer: Pick<RecordProducer, "send">;
  readonly topic: string;
  readonly encode: DeadLetterWriter["encode"];
  readonly clock?: Pick<Clock, "epochMs">;
}

/**
 * The dead letter topic. `write` rejects as RecordProducer.send does, and then nothing may be settled.
 * Without headers of its own: what the original had is in the value, byte for byte.
 */
export function createDeadLetters({ producer, topic, encode, clock = systemClock }: DeadLettersOptions): DeadLetters {
  return {
    async write(letter) {
      const value = encode(letter, clock.epochMs());
      await producer.send({ topic, key: groupKey(letter.group, letter.record.key), value, headers: {} });
    },
  };
}

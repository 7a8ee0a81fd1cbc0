import type { LogReader } from "../kafka/consume/log-reader.ts";
import { lastHeader } from "../model/record.ts";
import type { Replayable } from "./replay-plan.ts";

/** What is known about the order of one letter. */
export interface OrderWarning {
  readonly letter: Replayable;
  /** The first event of the key after it that does not go back with it; null: not known, the log is too long to look. */
  readonly newer: { readonly offset: number; readonly type: string | null } | null;
}

export interface OrderLimits {
  /** Of a partition of facts, as the ends of the logs were when the letters were found; by topic and partition. */
  readonly endOf: (topic: string, partition: number) => number;
  /** Records looked at, over all partitions. */
  readonly mostRecords: number;
}

/**
 * Which letters have newer events of their key behind them: the handler has those, or gets them any moment, and would be
 * told of something older afterwards. It looks at the log itself: what a group has committed does not tell of a key, and
 * counting what is not delivered yet as newer errs on the safe side. Each partition is read once, from the oldest letter
 * on, and no further than until all is known.
 */
export async function findNewerEvents(
  reader: Pick<LogReader, "read">,
  letters: readonly Replayable[],
  { endOf, mostRecords }: OrderLimits,
): Promise<readonly OrderWarning[]> {
  const warnings: OrderWarning[] = [];
  let left = mostRecords;
  const keyed = letters.filter(({ record }) => record.key !== null);
  const partitions = Map.groupBy(keyed, ({ record: { topic, partition } }) => JSON.stringify([topic, partition]));
  for (const own of partitions.values()) {
    const [first] = own;
    if (first === undefined) continue;
    const { topic, partition } = first.record;
    const open = new OpenLetters(own);
    const from = Math.min(...own.map(({ record }) => record.offset)) + 1;
    const until = Math.min(endOf(topic, partition), from + left);
    const isCut = until < endOf(topic, partition);
    for await (const records of open.size === 0 || from >= until
      ? []
      : reader.read({ topic, partition, from, until })) {
      left -= records.length;
      for (const { key, offset, headers } of records) {
        if (key === null) continue;
        const type = lastHeader(headers, "ce_type")?.toString() ?? null;
        for (const letter of open.passedBy(key.toString("latin1"), offset))
          warnings.push({ letter, newer: { offset, type } });
      }
      if (open.size === 0) break;
    }
    if (isCut) warnings.push(...open.all().map((letter) => ({ letter, newer: null })));
  }
  return warnings;
}

/** Letters of one partition that no newer event was found for. */
class OpenLetters {
  readonly #byKey = new Map<string, Replayable[]>();
  /** Which offsets go back themselves, for whom. */
  readonly #going = new Set<string>();
  size = 0;

  constructor(letters: readonly Replayable[]) {
    for (const letter of letters) {
      const { key, offset } = letter.record;
      if (key === null) continue;
      this.#going.add(goes(letter, offset));
      const own = this.#byKey.get(key);
      if (own === undefined) this.#byKey.set(key, [letter]);
      else own.push(letter);
      this.size++;
    }
  }

  /** Takes out, and returns, those that an event of this key at this offset is newer than. */
  passedBy(key: string, offset: number): readonly Replayable[] {
    const own = this.#byKey.get(key);
    if (own === undefined) return [];
    const isPassed = (letter: Replayable): boolean =>
      letter.record.offset < offset && !this.#going.has(goes(letter, offset));
    const passed = own.filter(isPassed);
    if (passed.length > 0) {
      this.size -= passed.length;
      this.#byKey.set(
        key,
        own.filter((letter) => !isPassed(letter)),
      );
    }
    return passed;
  }

  all(): readonly Replayable[] {
    return [...this.#byKey.values()].flat();
  }
}

function goes({ group, handler }: Replayable, offset: number): string {
  return JSON.stringify([group, handler, offset]);
}

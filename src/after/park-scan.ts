import type { ParkPosition } from "../model/commit-note.ts";
import type { ParkedEntry } from "./ports.ts";

/** A key that is parked, as the log of the park tells. */
export interface FoundKey {
  readonly key: string | null;
  /** Of its copies in the parked topic, in the order of their facts; none where all of them come again from the source. */
  readonly copies: readonly number[];
}

interface Copy {
  readonly at: number;
  readonly epoch: number;
  readonly stay: number;
  readonly offset: number;
}

type Ends = Extract<ParkedEntry, { kind: "settled" }>;

/**
 * Rebuilds what is parked of one source partition from the log of its park (DESIGN.md, "Parking"). Take every entry from
 * the note's first offset on, up to one's own `opened`; then `found`.
 */
export class ParkScan {
  readonly #note: ParkPosition;
  readonly #isSettled: (offset: number) => boolean;
  readonly #follows = new Map<number, number | null>();
  readonly #copies = new Map<string | null, Copy[]>();
  readonly #ends = new Map<string | null, Ends[]>();

  /** `isSettled`: whether the commit that carried the note says so of a source offset. */
  constructor(note: ParkPosition, isSettled: (offset: number) => boolean) {
    this.#note = note;
    this.#isSettled = isSettled;
  }

  take(entry: ParkedEntry): void {
    switch (entry.kind) {
      case "opened":
        this.#follows.set(entry.at, entry.follows);
        return;
      case "settled":
        add(this.#ends, entry.key, entry);
        return;
      case "record": {
        const { at, epoch, record, stay } = entry;
        add(this.#copies, record.key?.toString("latin1") ?? null, { at, epoch, stay, offset: record.offset });
      }
    }
  }

  found(): readonly FoundKey[] {
    const epochs = this.#epochs();
    const counts = ({ at, epoch }: Copy | Ends): boolean => at < (epochs.get(epoch) ?? -1);
    return [...this.#copies].flatMap(([key, copies]) => {
      const ends = (this.#ends.get(key) ?? []).filter(counts);
      const open = copies.filter((copy) => counts(copy) && !ends.some((end) => covers(end, copy)));
      return open.length === 0 ? [] : [{ key, copies: this.#inOrder(open) }];
    });
  }

  #inOrder(open: readonly Copy[]): readonly number[] {
    // Of several copies of one fact the last: after a failure in the middle all that follow were written again, in order.
    const last = new Map(open.map(({ at, offset }) => [offset, at]));
    const settled = [...last].filter(([offset]) => this.#isSettled(offset));
    return settled.sort(([left], [right]) => left - right).map(([, at]) => at);
  }

  /** Each epoch that counts, with the offset at which the next one begins. */
  #epochs(): ReadonlyMap<number, number> {
    const epochs = new Map<number, number>();
    let end = Infinity;
    let epoch: number | null = this.#note.epoch;
    while (epoch !== null && !epochs.has(epoch)) {
      epochs.set(epoch, end);
      end = epoch;
      // One that began before the scan did is the first that matters.
      epoch = this.#follows.get(epoch) ?? null;
    }
    return epochs;
  }
}

function covers({ epoch, left, through }: Ends, copy: Copy): boolean {
  if (copy.offset <= through) return true;
  return left >= 0 && (copy.epoch < epoch || (copy.epoch === epoch && copy.stay <= left));
}

function add<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

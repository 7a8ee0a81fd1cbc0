import type { Engine } from "./engine.ts";
import { type Fact, factOf } from "./fact.ts";
import { admit } from "./intake.ts";
import type { OffsetQueue } from "./offset-queue.ts";
import type { Partition } from "./partition.ts";
import type { ParkedEntry, ParkedLog, ParkPlace, ParkRange } from "./ports.ts";

export interface ReadBack {
  /** The first copies, in order. */
  readonly facts: readonly Fact[];
  readonly gone: readonly ParkRange[];
}

/** Held in memory of one key at once: a key that is stuck again must not hold much. */
const mostFacts = 8;
/** Further than this apart they are read one by one, rather than everything that stands between them. */
const farthest = 1000;

/** Reads the first copies of a parked key, as many as come back in one go. Rejects when the log cannot be read now. */
export async function readBack(
  engine: Engine,
  log: ParkedLog,
  source: Partition,
  { partition }: ParkPlace,
  stored: OffsetQueue,
): Promise<ReadBack> {
  const wanted = run(stored.peek(mostFacts));
  const copies = new Map<number, ParkedEntry & { readonly kind: "record" }>();
  const range = { partition, from: wanted[0] ?? 0, until: (wanted.at(-1) ?? -1) + 1 };
  await log.read(engine.group, source, range, (entry) => {
    if (entry.kind === "record") copies.set(entry.at, entry);
  });
  const facts: Fact[] = [];
  const gone: ParkRange[] = [];
  for (const at of wanted) {
    const copy = copies.get(at);
    const admission = copy === undefined ? null : admit(engine.reader, copy.record);
    if (copy !== undefined && admission !== null && admission.kind !== "tombstone") {
      facts.push(Object.assign(factOf(copy.record, admission, copy.alone), { copyAt: at }));
    } else gone.push({ partition, from: at, until: at + 1 });
  }
  return { facts, gone };
}

/** The first offsets that ascend and stand close together. */
function run(offsets: readonly number[]): readonly number[] {
  const first = offsets[0] ?? 0;
  const end = offsets.findIndex((at, index) => index > 0 && (at <= (offsets[index - 1] ?? 0) || at > first + farthest));
  return end < 0 ? offsets : offsets.slice(0, end);
}

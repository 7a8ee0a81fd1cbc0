import { decodeSettled, encodeSettled, type SettledMap } from "./settled-map.ts";

/** An unsettled offset; the neighbours belong to the watermark. */
export interface Unsettled<Self = unknown> {
  readonly offset: number;
  older: Self | null;
  newer: Self | null;
}

/**
 * What may be committed of one partition, for as long as it is owned.
 *
 * Records arrive in offset order, with gaps (compaction and transaction markers), and are settled in any order. Only
 * unsettled offsets are held, in one doubly linked list: every operation is O(1), and what one stuck fact costs does not
 * grow with the number of facts that were settled behind it.
 *
 * The position is the first unsettled *delivered* offset, or the one after the newest when all are settled; it never
 * goes back, because the list is only appended at its newest end.
 */
export class Watermark<T extends Unsettled<T>> {
  #oldest: T | null = null;
  #newest: T | null = null;
  #unsettled = 0;
  #highest = -1;
  #highestSettled = -1;
  readonly #before: SettledMap | null;
  #beforeAt = 0;

  /** `metadata`: as committed by the partition's last owner; null or unreadable text means that nothing is known. */
  constructor(metadata: string | null = null) {
    this.#before = metadata === null ? null : decodeSettled(metadata);
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  get oldest(): T | null {
    return this.#oldest;
  }

  /** Offsets between the position and the newest delivered one. */
  get span(): number {
    return this.#oldest === null ? 0 : this.#highest + 1 - this.#oldest.offset;
  }

  /** Whether the offset came before: it is in flight or settled, and its re-delivery after a join is a no-op. */
  knows(offset: number): boolean {
    return offset <= this.#highest;
  }

  /** Whether the partition's last owner had settled it. Ask in offset order. */
  settledBefore(offset: number): boolean {
    const before = this.#before;
    if (before === null || offset < before.from || offset >= before.until) return false;
    const { unsettled } = before;
    while ((unsettled[this.#beforeAt] ?? Infinity) < offset) this.#beforeAt++;
    return unsettled[this.#beforeAt] !== offset;
  }

  /** A newer offset arrived and is not settled. */
  add(entry: T): void {
    this.#highest = entry.offset;
    entry.older = this.#newest;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#unsettled++;
  }

  /** A newer offset arrived and is settled already. */
  skip(offset: number): void {
    this.#highest = offset;
    this.#highestSettled = offset;
  }

  /** An entry that was added is settled; exactly once. */
  settle(entry: T): void {
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = null;
    entry.newer = null;
    this.#unsettled--;
    if (entry.offset > this.#highestSettled) this.#highestSettled = entry.offset;
  }

  /** The next offset to read after a restart; null before anything was delivered. */
  position(): number | null {
    if (this.#oldest !== null) return this.#oldest.offset;
    return this.#highest < 0 ? null : this.#highest + 1;
  }

  /** Which offsets past the position are settled, as commit metadata; null when none is. */
  metadata(): string | null {
    const from = this.position();
    if (from === null) return null;
    // What the last owner had settled and nobody has handed over yet is settled still.
    const until = Math.max(this.#highestSettled + 1, this.#before?.until ?? 0);
    return until <= from ? null : encodeSettled(from, until, this.#offsets());
  }

  *#offsets(): Generator<number> {
    for (let entry = this.#oldest; entry !== null; entry = entry.newer) yield entry.offset;
    for (const offset of this.#before?.unsettled ?? []) if (offset > this.#highest) yield offset;
  }
}

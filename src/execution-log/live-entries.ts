import type { DecisionRow, ExecutionRow } from "../admin/contract/executions.ts";
import type { Entry } from "./entry.ts";
import type { LiveEntry } from "./messages.ts";

/** Told each time, at most; and how old an entry may be for it. */
const atOnce = 200;
const maxAgeMs = 60_000;

/** What is new, for those who watch, from one telling to the next. What an index catches up with is not news. */
export class LiveEntries {
  #entries: LiveEntry[] | null = null;
  #missed = 0;

  /** Whether anybody watches. */
  want(wanted: boolean): void {
    this.#entries = wanted ? (this.#entries ?? []) : null;
    if (!wanted) this.#missed = 0;
  }

  add(entries: readonly Entry[], nowMs: number): void {
    if (this.#entries === null) return;
    for (const { atMs, row, table } of entries) {
      if (!(atMs > nowMs - maxAgeMs)) continue;
      if (this.#entries.length >= atOnce) this.#missed++;
      else if (table === "executions") this.#entries.push({ name: "execution", row: row as ExecutionRow });
      else this.#entries.push({ name: "decision", row: row as DecisionRow });
    }
  }

  /** What is to be told now; null: nothing. */
  take(): { readonly entries: readonly LiveEntry[]; readonly missed: number } | null {
    const entries = this.#entries?.splice(0) ?? [];
    const missed = this.#missed;
    this.#missed = 0;
    return entries.length === 0 && missed === 0 ? null : { entries, missed };
  }
}

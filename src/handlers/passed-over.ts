import type { HandlerProblem } from "../model/instance-status.ts";

export type PassedOverWhy =
  /** Somebody else had changed the same handler first: what races are for. */
  | "conflict"
  /** It says something that counts nowhere. */
  | "refused"
  /** Its bytes are no entry of this log. */
  | "unreadable"
  /** No value. */
  | "tombstone";

const shown = 5;

/** Records of the log that count for nothing: counted, and all but conflicts shown. */
export class PassedOver {
  readonly counts: Record<PassedOverWhy, number> = { conflict: 0, refused: 0, unreadable: 0, tombstone: 0 };
  #last: readonly string[] = [];

  add(offset: number, why: PassedOverWhy, detail: string): void {
    this.counts[why]++;
    if (why !== "conflict") this.#last = [...this.#last.slice(1 - shown), `offset ${offset}: ${detail}`];
  }

  problems(): readonly HandlerProblem[] {
    const count = this.counts.refused + this.counts.unreadable + this.counts.tombstone;
    if (count === 0) return [];
    const problem = `${count} records of the log of handlers mean nothing and were passed over; the last: ${this.#last.join("; ")}`;
    return [{ handler: null, problem }];
  }
}

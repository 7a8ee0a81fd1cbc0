import type { Clock, Timer } from "../model/clock.ts";

/**
 * The requests that wait for a verdict, by correlation id.
 *
 *   add ──► waiting ── first reply ──► answered   (later replies: `duplicate` if equal, `conflict` if not)
 *                   └─ deadline ─────► silent     (later replies: `late`, never applied)
 *
 * The deadline is a timer of this process: nothing that happens on the network can move it (docs/billing-core.md).
 * What became of a request is remembered for the last `remembered` ids, so that late replies can be told from foreign ones.
 */
export class PendingRequests<About, Reply> {
  readonly #waiting = new Map<string, Waiting<About, Reply>>();
  /** The value is the reply's fingerprint, null for silence. */
  readonly #ended = new Map<string, string | null>();
  /** The ids of `#ended`, a ring: a map's own oldest key is found by walking over all that were deleted before it. */
  readonly #order: string[] = [];
  #oldest = 0;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #remembered: number;

  /** `limit` bounds the requests that wait, `remembered` the ended ones that are still recognised. */
  constructor(clock: Clock, limit: number, remembered: number = limit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#remembered = remembered;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Whether a further request would pass the bound. */
  get full(): boolean {
    return this.#waiting.size >= this.#limit;
  }

  /** Waits at most `ms` milliseconds; `onEnd` is called exactly once, with null for silence. */
  add(id: string, about: About, ms: number, onEnd: (reply: Reply | null) => void): void {
    const timer = this.#clock.after(ms, () => this.silence(id));
    this.#waiting.set(id, { about, timer, onEnd });
  }

  /** What was added with it; null where it does not wait, or not any more. */
  about(id: string): About | null {
    return this.#waiting.get(id)?.about ?? null;
  }

  /** Gives a request up before its deadline, as if the deadline had come. No-op when it has ended. */
  silence(id: string): void {
    this.#end(id, null, null);
  }

  /** Hands a reply to its request. `fingerprint` tells an equal repetition from a contradiction. */
  settle(id: string, reply: Reply, fingerprint: string): ReplyEnd {
    return this.#end(id, reply, fingerprint) ? "answered" : this.unawaited(id, fingerprint);
  }

  /** What a reply is to a request that does not wait. */
  unawaited(id: string, fingerprint: string): Exclude<ReplyEnd, "answered"> {
    const before = this.#ended.get(id);
    if (before === undefined) return "foreign";
    if (before === null) return "late";
    return before === fingerprint ? "duplicate" : "conflict";
  }

  /** Ends every request as silent; for closing. */
  silenceAll(): void {
    for (const id of [...this.#waiting.keys()]) this.silence(id);
  }

  #end(id: string, reply: Reply | null, fingerprint: string | null): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    this.#waiting.delete(id);
    const { onEnd, timer } = waiting;
    waiting.about = waiting.onEnd = waiting.timer = null;
    timer?.cancel();
    this.#remember(id, fingerprint);
    onEnd?.(reply);
    return true;
  }

  #remember(id: string, fingerprint: string | null): void {
    this.#ended.set(id, fingerprint);
    const forgotten = this.#order[this.#oldest];
    if (this.#order.length >= this.#remembered && forgotten !== undefined) this.#ended.delete(forgotten);
    this.#order[this.#oldest] = id;
    this.#oldest = (this.#oldest + 1) % this.#remembered;
  }
}

/** What a reply was; all but the first are kinds of ClientEvents. `foreign`: nobody here waits or waited for it. */
export type ReplyEnd = "answered" | "late" | "duplicate" | "conflict" | "foreign";

/** Emptied when it has ended: tables that a Map has outgrown keep what was in them alive for a while, and that must be little. */
interface Waiting<About, Reply> {
  about: About | null;
  timer: Timer | null;
  onEnd: ((reply: Reply | null) => void) | null;
}

import { Readable } from "node:stream";
import type { Clock, Timer } from "../../model/clock.ts";
import type { LiveEvents } from "../contract/live.ts";

/** What one reader wants to be told. */
export interface Wanted {
  /** Null: everything. */
  readonly names: ReadonlySet<keyof LiveEvents> | null;
  /** Only executions of this handler; null: of all. */
  readonly handler: string | null;
}

/** What may wait for a slow reader. Bytes. */
const mostWaiting = 262_144;
const heartbeatMs = 15_000;
/** It ends by itself then. */
export const longestMs = 900_000;

/**
 * The events for one reader. What it does not read in time is dropped and counted, and told as `missed` once it reads
 * again: a page that sleeps costs 256 KiB and nobody's time. Ends by itself, so that a token that has ended is noticed.
 */
export class LiveStream extends Readable {
  readonly #wanted: Wanted;
  readonly #clock: Clock;
  readonly #end: Timer;
  #heartbeat: Timer | null = null;
  #missed = 0;
  #ended = false;

  constructor(wanted: Wanted & { readonly untilMs: number | null }, clock: Clock) {
    super({ highWaterMark: mostWaiting });
    this.#wanted = wanted;
    this.#clock = clock;
    const leftMs = wanted.untilMs === null ? longestMs : wanted.untilMs - clock.epochMs();
    this.#end = clock.after(Math.min(leftMs, longestMs), () => this.end());
    this.push(": open\nretry: 2000\n\n");
    this.#beat();
  }

  tell<K extends keyof LiveEvents>(name: K, data: LiveEvents[K], text: string): void {
    const { names, handler } = this.#wanted;
    if (names !== null && !names.has(name)) return;
    if (handler !== null && name === "execution" && (data as LiveEvents["execution"]).handler !== handler) return;
    this.#send(text);
  }

  /** What was told before is still sent. */
  end(): void {
    this.#stopTimers();
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }

  override _read(): void {
    this.#tellMissed();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stopTimers();
    done(error);
  }

  #send(text: string): void {
    if (this.#ended || this.destroyed) return;
    this.#tellMissed();
    if (this.#missed > 0 || this.readableLength + Buffer.byteLength(text) > mostWaiting) this.#missed++;
    else this.push(text);
  }

  /** Once there is room again; half of it, so that one who is always late is not told of it all the time. */
  #tellMissed(): void {
    if (this.#missed === 0 || this.#ended || this.readableLength > mostWaiting / 2) return;
    const count = this.#missed;
    this.#missed = 0;
    this.push(`event: missed\ndata: ${JSON.stringify({ count })}\n\n`);
  }

  #beat(): void {
    this.#heartbeat = this.#clock.after(heartbeatMs, () => {
      this.#tellMissed();
      if (this.readableLength < mostWaiting) this.push(": alive\n\n");
      this.#beat();
    });
  }

  #stopTimers(): void {
    this.#end.cancel();
    this.#heartbeat?.cancel();
  }
}

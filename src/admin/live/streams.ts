import type { Clock } from "../../model/clock.ts";
import type { LiveEvents } from "../contract/live.ts";
import type { LiveSource } from "../ports.ts";
import { Refusal } from "../problem.ts";
import { LiveStream, type Wanted } from "./stream.ts";

const mostStreams = 64;

/** Every open stream of live events. */
export class LiveStreams {
  readonly #source: LiveSource;
  readonly #clock: Clock;
  readonly #open = new Set<LiveStream>();
  /** Only while somebody reads: a source may do work for it. */
  #unsubscribe: (() => void) | null = null;
  #closed = false;

  constructor(source: LiveSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Throws Refusal TOO_MANY. `untilMs`: when the token of who reads it ends. */
  open(wanted: Wanted & { readonly untilMs: number | null }): LiveStream {
    if (this.#closed || this.#open.size >= mostStreams) {
      throw new Refusal("TOO_MANY", `${mostStreams} pages are being told already; close one`, {
        retryAfterSeconds: 10,
      });
    }
    const stream = new LiveStream(wanted, this.#clock);
    this.#open.add(stream);
    this.#unsubscribe ??= this.#source.subscribe((name, data) => this.tell(name, data));
    stream.once("close", () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#listenNoMore();
    });
    return stream;
  }

  /** Tells everybody; never waits for anybody. */
  tell<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void {
    if (this.#open.size === 0) return;
    const text = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of this.#open) stream.tell(name, data, text);
  }

  /** Ends them all. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
    this.#listenNoMore();
  }

  #listenNoMore(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }
}

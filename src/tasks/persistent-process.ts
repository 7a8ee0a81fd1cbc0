/**
 * A script that stays up: one call at a time, one line in, one line out.
 *
 *   idle ── call ──► busy ── its line ──► idle
 *     │                └── another line, two lines, too long a line, its end ──► failed
 *     └── writes without being asked ──► failed          failed: the group is stopped, nothing is called any more
 */
import { Kept } from "./kept.ts";
import { readLine } from "./persistent-answer.ts";
import type { GroupEnd, GroupStart, ProcessGroup } from "./process-group.ts";
import type { ProcessGroups } from "./process-groups.ts";

export type Reply =
  | { readonly kind: "answered"; readonly exit: number; readonly line: Buffer }
  /** What it wrote is not shown: it may be of another call, whose secrets nobody would mask here. */
  | { readonly kind: "bad-answer"; readonly detail: string }
  | { readonly kind: "too-large" }
  /** It ended, or reads no more, before it answered. */
  | { readonly kind: "unanswered"; readonly end: GroupEnd | { readonly kind: "deaf" } };

export interface PersistentStart extends GroupStart {
  /** Bytes of an answer's line, its end included. */
  readonly lineLimit: number;
  /** Bytes of standard error that are kept from one call to the next. */
  readonly errorLimit: number;
  /** Between SIGTERM and SIGKILL. Milliseconds. */
  readonly killGraceMs: number;
  /** Told once, and at once, when it failed; not when it ends because it was told to. */
  readonly failed: (why: string) => void;
}

interface Call {
  readonly id: string;
  readonly answer: Kept;
  readonly reply: (reply: Reply) => void;
}

const newline = 0x0a;

export class PersistentProcess {
  /** Resolves when it is gone and what it wrote is read. Never rejects. */
  readonly ended: Promise<void>;
  readonly #start: PersistentStart;
  readonly #group: ProcessGroup;
  #errors: Kept;
  #call: Call | null = null;
  #usable = true;
  #answered = 0;

  constructor(start: PersistentStart, groups: ProcessGroups) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise.then(() => undefined);
    this.#start = start;
    this.#errors = new Kept(start.errorLimit);
    this.#group = groups.start(start, {
      output: (chunk) => this.#heard(chunk),
      errors: (chunk) => void this.#errors.add(chunk),
      deaf: () => this.#fail("it reads its standard input no more", { kind: "unanswered", end: { kind: "deaf" } }),
      ended: (end) => {
        this.#fail(endText(end), { kind: "unanswered", end });
        resolve(undefined);
      },
    });
  }

  /** Never rejects. */
  get gone(): Promise<void> {
    return this.#group.gone;
  }

  /** It can be called: it runs, nothing was wrong with it and nobody has told it to end. */
  get usable(): boolean {
    return this.#usable && this.#group.alive;
  }

  get isBusy(): boolean {
    return this.#call !== null;
  }

  /** How many calls it has answered. */
  get answered(): number {
    return this.#answered;
  }

  /** One call at a time, while `usable`. Resolves when it answered or failed; never rejects, never of its own accord. */
  call(id: string, line: string): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#call = { id, answer: new Kept(this.#start.lineLimit), reply: resolve };
    this.#group.write(line);
    return promise;
  }

  /** What it has written to standard error since this was asked last; bounded. */
  takeErrors(): Buffer {
    const bytes = this.#errors.bytes();
    if (bytes.length > 0) this.#errors = new Kept(this.#start.errorLimit);
    return bytes;
  }

  /** Takes no more calls; the end of its input asks it to end. */
  retire(): void {
    this.#usable = false;
    this.#group.endInput();
  }

  /** SIGTERM, a little later SIGKILL. */
  stop(): void {
    this.#usable = false;
    this.#group.stop(this.#start.killGraceMs);
  }

  /** It did not answer in time. */
  giveUp(): void {
    this.#fail("it did not answer in time", null);
  }

  #heard(chunk: Buffer): void {
    if (!this.#usable) return;
    if (this.#call === null) {
      this.#fail("it wrote to standard output without being asked", null);
      return;
    }
    const { answer, id } = this.#call;
    const at = chunk.indexOf(newline);
    const whole = answer.add(at === -1 ? chunk : chunk.subarray(0, at + 1));
    if (!whole) {
      this.#fail(`it wrote a line longer than ${this.#start.lineLimit} bytes`, { kind: "too-large" });
    } else if (at !== -1) {
      const line = answer.bytes();
      const isAll = at === chunk.length - 1;
      const reading = isAll
        ? readLine(line, id)
        : ({ kind: "bad", detail: "more than one line for one call" } as const);
      if (reading.kind === "bad") this.#fail(reading.detail, { kind: "bad-answer", detail: reading.detail });
      else this.#reply({ kind: "answered", exit: reading.exit, line });
    }
  }

  /** From here on nothing it writes is an answer to anything. */
  #fail(why: string, reply: Reply | null): void {
    const isNews = this.#usable;
    this.stop();
    if (isNews) this.#start.failed(why);
    if (reply !== null) this.#reply(reply);
  }

  #reply(reply: Reply): void {
    const call = this.#call;
    if (call === null) return;
    this.#call = null;
    if (reply.kind === "answered") this.#answered++;
    call.reply(reply);
  }
}

function endText(end: GroupEnd): string {
  switch (end.kind) {
    case "exited":
      return `it ended with exit code ${end.code}`;
    case "signalled":
      return `it was ended by ${end.detail}`;
    case "not-started":
      return `it could not be started (${end.detail})`;
  }
}

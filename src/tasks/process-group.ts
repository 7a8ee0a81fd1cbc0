/**
 * A program with everything it starts, in a process group of their own: one signal reaches them all.
 *
 * States: running -> stopping (SIGTERM sent to the group) -> gone (the leader was reaped and the rest of the group got
 * SIGKILL). `ended` comes a little after that, when what it wrote is read; a process that left the group on purpose
 * (setsid) is out of reach, may hold the output open for ever and is not waited for.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Clock, Timer } from "../model/clock.ts";

export interface GroupStart {
  readonly path: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export type GroupEnd =
  | { readonly kind: "exited"; readonly code: number }
  /** By the signal of that name. */
  | { readonly kind: "signalled"; readonly detail: string }
  /** With the reason's code, such as ENOENT. */
  | { readonly kind: "not-started"; readonly detail: string };

export interface GroupListener {
  output(chunk: Buffer): void;
  errors(chunk: Buffer): void;
  /** Standard input takes nothing any more; the program may live on. */
  deaf(): void;
  /** Once, and the last thing heard. */
  ended(end: GroupEnd): void;
}

/** How long output may still come after the leader's exit, milliseconds. */
const drainMs = 50;

export class ProcessGroup {
  /** Resolves when the leader is reaped and the group was killed. Never rejects. */
  readonly gone: Promise<void>;
  /** The leader's, and so the group's id; undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly #clock: Clock;
  readonly #listener: GroupListener;
  readonly #child: ChildProcess | undefined;
  readonly #stdin: Writable | null;
  #reaped: () => void = () => undefined;
  #alive = true;
  #hasEnded = false;
  #heard = 0;
  #killTimer: Timer | undefined;

  constructor(start: GroupStart, listener: GroupListener, clock: Clock) {
    this.#clock = clock;
    this.#listener = listener;
    this.gone = new Promise((resolve) => {
      this.#reaped = resolve;
    });
    this.#child = this.#spawn(start);
    this.pid = this.#child?.pid;
    this.#stdin = this.#child?.stdin ?? null;
  }

  /** False once the leader has exited. */
  get alive(): boolean {
    return this.#alive;
  }

  write(text: string): void {
    this.#stdin?.write(text);
  }

  /** No more input: what reads it to its end knows that it is over. */
  endInput(text?: string): void {
    if (text === undefined) this.#stdin?.end();
    else this.#stdin?.end(text);
  }

  /** SIGTERM to the group, SIGKILL after `graceMs`. */
  stop(graceMs: number): void {
    if (!this.#alive || this.#killTimer !== undefined) return;
    this.#signal("SIGTERM");
    this.#killTimer = this.#clock.after(graceMs, () => this.kill());
  }

  kill(): void {
    if (this.#alive) this.#signal("SIGKILL");
  }

  #spawn(start: GroupStart): ChildProcess | undefined {
    let child: ChildProcess;
    try {
      child = spawn(start.path, [], {
        cwd: start.directory,
        env: { ...start.environment },
        // A group of its own.
        detached: true,
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (thrown) {
      // Not before whoever asks for it has the object.
      queueMicrotask(() => this.#notStarted(thrown));
      return undefined;
    }
    child.once("error", (error) => {
      // Also emitted when a signal could not be sent; then the process is there and its exit is still to come.
      if (child.pid === undefined) this.#notStarted(error);
    });
    child.once("exit", (code, signal) => this.#exited(child, code, signal));
    // Without file descriptors to spare Node makes no streams, whatever the types say.
    const { stdin, stdout, stderr } = child as { stdin?: Writable; stdout?: Readable; stderr?: Readable };
    stdin?.on("error", () => {
      if (this.#alive) this.#listener.deaf();
    });
    stdout?.on("error", () => undefined);
    stderr?.on("error", () => undefined);
    stdout?.on("data", (chunk: Buffer) => {
      this.#heard += chunk.length;
      if (!this.#hasEnded) this.#listener.output(chunk);
    });
    stderr?.on("data", (chunk: Buffer) => {
      if (!this.#hasEnded) this.#listener.errors(chunk);
    });
    return child;
  }

  #exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    // Whatever the program left behind in its group would be an orphan.
    this.#signal("SIGKILL");
    this.#alive = false;
    this.#killTimer?.cancel();
    this.#reaped();
    const finish = () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      this.#end(code === null ? { kind: "signalled", detail: signal ?? "" } : { kind: "exited", code });
    };
    const timer = this.#clock.after(drainMs, () => this.#whenQuiet(finish));
    child.once("close", () => {
      timer.cancel();
      finish();
    });
  }

  /** After a blocked event loop the timer may come before output that has long been waiting: read until none comes. */
  #whenQuiet(finish: () => void): void {
    const before = this.#heard;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#heard === before) finish();
        else this.#whenQuiet(finish);
      }),
    );
  }

  #notStarted(thrown: unknown): void {
    this.#alive = false;
    this.#reaped();
    const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
    this.#end({ kind: "not-started", detail: code ?? String(thrown) });
  }

  #end(end: GroupEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#listener.ended(end);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // ESRCH: nobody is left in the group, which is what was wanted.
    }
  }
}

/**
 * One run of a script: its process, and everything it starts, in a process group of their own.
 *
 * States: running -> stopping (SIGTERM sent to the group) -> gone (the leader was reaped and the rest of the group got
 * SIGKILL). `ended` resolves a little after the leader's exit, when its output is read; a process that left the group
 * on purpose (setsid) may hold the output open for ever and is not waited for.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Clock, Timer } from "../model/clock.ts";
import { Kept } from "./kept.ts";

export interface ScriptStart {
  readonly path: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  /** Bytes; past it the script is killed. */
  readonly outputLimit: number;
  /** Bytes of standard error that are kept; the rest is read and dropped. */
  readonly errorLimit: number;
}

export interface ScriptEnd {
  readonly kind: "exited" | "signalled" | "too-large" | "not-started";
  /** Exit code of "exited", else -1. */
  readonly code: number;
  /** The signal, or why it did not start. */
  readonly detail: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** How long output may still come after the leader's exit, milliseconds. */
const drainMs = 50;

export class ScriptProcess {
  readonly ended: Promise<ScriptEnd>;
  /** Never rejects. */
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #stdout: Kept;
  readonly #stderr: Kept;
  readonly #child: ChildProcessWithoutNullStreams | undefined;
  #end: (end: ScriptEnd) => void = () => undefined;
  #reaped: () => void = () => undefined;
  #alive = true;
  #killTimer: Timer | undefined;

  constructor(start: ScriptStart, clock: Clock) {
    this.#clock = clock;
    this.#stdout = new Kept(start.outputLimit);
    this.#stderr = new Kept(start.errorLimit);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#reaped = resolve;
    });
    this.#child = this.#spawn(start);
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

  #spawn(start: ScriptStart): ChildProcessWithoutNullStreams | undefined {
    let child: ChildProcessWithoutNullStreams;
    try {
      // detached: a group of its own, so that one signal reaches whatever the script starts.
      child = spawn(start.path, [], {
        cwd: start.directory,
        env: { ...start.environment },
        detached: true,
        shell: false,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (thrown) {
      this.#notStarted(thrown);
      return undefined;
    }
    child.once("error", (error) => {
      // Also emitted when a signal could not be sent; then the process is there and its exit is still to come.
      if (child.pid === undefined) this.#notStarted(error);
    });
    child.once("exit", (code, signal) => this.#exited(child, code, signal));
    // A script that ends without reading its input is no error.
    child.stdin.on("error", () => undefined);
    child.stdin.end(start.input);
    child.stdout.on("error", () => undefined);
    child.stderr.on("error", () => undefined);
    child.stderr.on("data", (chunk: Buffer) => void this.#stderr.add(chunk));
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#stdout.add(chunk)) return;
      child.stdout.destroy();
      this.kill();
      this.#finish("too-large", -1, "");
    });
    return child;
  }

  #exited(child: ChildProcessWithoutNullStreams, code: number | null, signal: NodeJS.Signals | null): void {
    // Whatever the script left behind in its group would be an orphan.
    this.#signal("SIGKILL");
    this.#alive = false;
    this.#killTimer?.cancel();
    this.#reaped();
    const finish = () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      if (code === null) this.#finish("signalled", -1, signal ?? "");
      else this.#finish("exited", code, "");
    };
    const timer = this.#clock.after(drainMs, () => this.#whenQuiet(finish));
    child.once("close", () => {
      timer.cancel();
      finish();
    });
  }

  /** After a blocked event loop the timer may come before output that has long been waiting: read until none comes. */
  #whenQuiet(finish: () => void): void {
    const before = this.#stdout.size;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#stdout.size === before) finish();
        else this.#whenQuiet(finish);
      }),
    );
  }

  #notStarted(thrown: unknown): void {
    this.#alive = false;
    this.#reaped();
    const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
    this.#finish("not-started", -1, code ?? String(thrown));
  }

  #finish(kind: ScriptEnd["kind"], code: number, detail: string): void {
    this.#end({ kind, code, detail, stdout: this.#stdout.bytes(), stderr: this.#stderr.bytes() });
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: nobody is left in the group, which is what was wanted.
    }
  }
}

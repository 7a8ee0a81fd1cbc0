import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "../errors.ts";
import { lastLines, logOffset, logSince } from "./log-tail.ts";
import { endProcess, identityOf, isAlive, type ProcessIdentity, signalTo } from "./process-identity.ts";

/** A long-lived Java program of a stack and how to see that it is ready. */
export interface ServerSpec {
  readonly role: "broker" | "registry";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly logFile: string;
  /** Null when it is ready, else what is missing; given what this start has logged so far. */
  readonly lacks: (log: string) => Promise<string | null>;
  readonly readyWithinMs: number;
  readonly stopWithinMs: number;
}

/** How a start ended. `log` is what this start wrote, at most its last 64 KiB. */
export type StartOutcome =
  | { readonly kind: "ready" }
  | { readonly kind: "port-taken"; readonly log: string }
  | { readonly kind: "exited"; readonly log: string }
  | { readonly kind: "late"; readonly log: string };

/** Told whenever the process of a role comes or goes (null), before anybody waits for it. */
export type Track = (role: ServerSpec["role"], process: ProcessIdentity | null) => void;

/** One server of a stack, which a test may stop, start, pause and resume on the same ports. */
export class ServerProcess {
  readonly #spec: ServerSpec;
  readonly #track: Track;
  #process: ProcessIdentity | null = null;
  #lacking: string | null = null;

  constructor(spec: ServerSpec, track: Track) {
    this.#spec = spec;
    this.#track = track;
  }

  /** Starts it and waits until it is ready. Throws STACK_UNAVAILABLE with the end of its log when it does not get there. */
  async start(signal?: AbortSignal): Promise<void> {
    const outcome = await this.tryStart(signal);
    if (outcome.kind !== "ready") throw notReady(this.#spec, outcome);
  }

  /** As `start`, but a failure is a value; after one the process is gone. */
  async tryStart(signal?: AbortSignal): Promise<StartOutcome> {
    if (this.#process !== null && isAlive(this.#process)) return { kind: "ready" };
    const { logFile } = this.#spec;
    const offset = logOffset(logFile);
    const process = this.#spawn();
    const deadline = performance.now() + this.#spec.readyWithinMs;
    while (performance.now() < deadline && signal?.aborted !== true) {
      if (process === null || !isAlive(process)) {
        this.#forget();
        const log = logSince(logFile, offset);
        return { kind: isPortTaken(log) ? "port-taken" : "exited", log };
      }
      this.#lacking = await this.#spec.lacks(logSince(logFile, offset));
      if (this.#lacking === null) return { kind: "ready" };
      await sleep(100);
    }
    await this.kill();
    signal?.throwIfAborted();
    return { kind: "late", log: logSince(logFile, offset) };
  }

  /** A clean stop: SIGTERM, after a bounded wait SIGKILL. A no-op when it is not running. */
  async stop(): Promise<void> {
    await this.#end(this.#spec.stopWithinMs);
  }

  /** SIGKILL, as a machine that loses power. */
  async kill(): Promise<void> {
    await this.#end(0);
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    if (this.#process !== null) signalTo(this.#process, "SIGSTOP");
  }

  resume(): void {
    if (this.#process !== null) signalTo(this.#process, "SIGCONT");
  }

  /** `registry: connect ECONNREFUSED 127.0.0.1:8081`, while a start waits for it; else null. */
  get waitsFor(): string | null {
    return this.#lacking === null ? null : `${this.#spec.role}: ${this.#lacking}`;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  #spawn(): ProcessIdentity | null {
    const { command, args, cwd, env, logFile, role } = this.#spec;
    const log = openSync(logFile, "a", 0o600);
    try {
      // A session of its own: Ctrl-C in the terminal must reach the owner only, which then stops things in order.
      const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
      // Not found or not permitted: there is no pid, and the caller sees a process that is gone.
      child.once("error", () => undefined);
      child.unref();
      this.#process = child.pid === undefined ? null : identityOf(child.pid);
    } finally {
      closeSync(log);
    }
    this.#track(role, this.#process);
    return this.#process;
  }

  async #end(graceMs: number): Promise<void> {
    if (this.#process !== null) await endProcess(this.#process, graceMs);
    this.#forget();
  }

  #forget(): void {
    this.#process = null;
    this.#track(this.#spec.role, null);
  }
}

/** STACK_UNAVAILABLE that shows why a server did not get ready. */
export function notReady(spec: ServerSpec, outcome: Exclude<StartOutcome, { kind: "ready" }>): BridgeError {
  const what = {
    exited: "ended while it started",
    "port-taken": "found its port taken",
    late: `was not ready after ${spec.readyWithinMs / 1000} s`,
  }[outcome.kind];
  return new BridgeError(
    "STACK_UNAVAILABLE",
    `the ${spec.role} ${what}; its log (${spec.logFile}) ends:\n${lastLines(outcome.log, 12)}`,
  );
}

/** The words of Kafka, Java's sockets and Quarkus for a port that somebody else listens on. */
export function isPortTaken(log: string): boolean {
  return /Address already in use|Port\(s\) already bound|port \d+ (seems to be|already) in use/i.test(log);
}

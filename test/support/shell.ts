import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type LeftBehind, leftBehind, runMark } from "./runner/left-behind.ts";

const root = join(import.meta.dirname, "../..");

export interface ShellEnd {
  /** The exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes that its command started and that still run. They have been ended since. */
  readonly left: readonly LeftBehind[];
}

/** A command of a shell, run in this repository as a reader of the README would. */
export class ShellCommand {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #mark = randomUUID();
  readonly #closed: Promise<number | NodeJS.Signals | null>;

  constructor(command: string, env: NodeJS.ProcessEnv, limitMs: number) {
    const own = { ...process.env };
    // By it Node knows a test that runs tests, and would run none of them.
    delete own["NODE_TEST_CONTEXT"];
    const child = spawn("sh", ["-c", command], {
      cwd: root,
      env: { ...own, ...env, [runMark]: this.#mark },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that all of it can be ended.
      detached: true,
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#child = child;
    const timer = setTimeout(() => this.signal("SIGKILL"), limitMs);
    this.#closed = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        clearTimeout(timer);
        resolve(code ?? signal);
      });
    });
  }

  /** As Ctrl-C in a terminal: every process of the command gets it. */
  signal(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-this.#child.pid, name);
    } catch {
      // It has ended in the meantime.
    }
  }

  async ended(): Promise<ShellEnd> {
    const end = await this.#closed;
    const left = await leftBehind(this.#mark, 3000);
    for (const { pid } of left) process.kill(pid, "SIGKILL");
    return { end, stdout: this.stdout, stderr: this.stderr, left };
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, Timer } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";

/** From one start of a watchdog to the next, at least. Milliseconds. */
const restartAfterMs = 1000;
const closeMs = 2000;

/**
 * Tells a watchdog which process groups run, so that none outlives this process even if it is killed (orphan-watchdog.ts).
 * It is started with the first group. Between a start and its report lies no wait, only the time of a system call: a
 * script whose bridge dies right there finds its standard input at its end.
 */
export class OrphanWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #groups = new Set<number>();
  #watchdog: ChildProcess | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #restart: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  started(group: number): void {
    this.#groups.add(group);
    if (this.#watchdog !== undefined) this.#tell(`+${group}`);
    else this.#start();
  }

  gone(group: number): void {
    this.#groups.delete(group);
    this.#tell(`-${group}`);
  }

  /** The watchdog ends, and whatever is still told to run with it. Bounded, idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.cancel();
    const watchdog = this.#watchdog;
    if (watchdog === undefined) return;
    this.#watchdog = undefined;
    const gone = new Promise((resolve) => watchdog.once("exit", resolve));
    watchdog.stdin?.end();
    // Nothing is left for it to do: it need not even come up.
    if (this.#groups.size === 0) watchdog.kill("SIGKILL");
    if ((await bounded(gone, closeMs, this.#clock)) === "late") watchdog.kill("SIGKILL");
  }

  #start(): void {
    if (this.#closed || this.#restart !== undefined) return;
    const nowMs = this.#clock.monotonicMs();
    const waitMs = this.#startedMs + restartAfterMs - nowMs;
    if (waitMs > 0) {
      this.#restart = this.#clock.after(waitMs, () => {
        this.#restart = undefined;
        this.#start();
      });
      return;
    }
    this.#startedMs = nowMs;
    try {
      this.#watchdog = this.#spawn();
    } catch (thrown) {
      this.#ended(thrown);
      return;
    }
    for (const group of this.#groups) this.#tell(`+${group}`);
  }

  #spawn(): ChildProcess {
    // .ts in the sources, .js in the package.
    const program = fileURLToPath(new URL(`./orphan-watchdog${extname(import.meta.url)}`, import.meta.url));
    const watchdog = spawn(process.execPath, [program], {
      // A session of its own, or what ends this process's group would end it too.
      detached: true,
      // It needs nothing of the environment, which holds secrets.
      env: {},
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = (why: unknown): void => {
      if (this.#watchdog === watchdog) this.#ended(why);
    };
    watchdog.once("error", ended);
    watchdog.once("exit", (code, signal) => ended(signal ?? code));
    watchdog.unref();
    const { stdin } = watchdog as { stdin?: NodeJS.WritableStream };
    stdin?.on("error", () => undefined);
    // A pipe is a socket to Node; referenced, it alone would keep this process from ever ending.
    if (stdin instanceof Socket) stdin.unref();
    return watchdog;
  }

  #ended(why: unknown): void {
    this.#watchdog = undefined;
    this.#logger.warn({ why: String(why) }, "the scripts' watchdog ended: it is started again");
    if (this.#groups.size > 0) this.#start();
  }

  #tell(line: string): void {
    this.#watchdog?.stdin?.write(`${line}\n`);
  }
}

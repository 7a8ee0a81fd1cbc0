import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";
import { OrphanWatch } from "./orphan-watch.ts";
import { type GroupListener, type GroupStart, ProcessGroup } from "./process-group.ts";

/** A process that waits for a dead disk cannot be killed; the stop of the bridge must not hang on it. Milliseconds. */
const unkillableMs = 1000;

/**
 * The process groups of one pool's scripts. None outlives the bridge: `close` ends them, a process that exits without
 * closing kills them on its way, and of one that is killed itself the watchdog takes over (orphan-watch.ts).
 */
export class ProcessGroups {
  readonly #clock: Clock;
  readonly #watch: OrphanWatch;
  readonly #running = new Set<ProcessGroup>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#watch = new OrphanWatch(clock, logger);
  }

  /** Never throws: what could not be started says so to its listener. */
  start(start: GroupStart, listener: GroupListener): ProcessGroup {
    const group = new ProcessGroup(start, listener, this.#clock);
    const { pid } = group;
    if (pid === undefined) return group;
    this.#watch.started(pid);
    if (this.#running.size === 0) process.once("exit", this.#killAll);
    this.#running.add(group);
    void group.gone.then(() => {
      this.#watch.gone(pid);
      this.#running.delete(group);
      if (this.#running.size === 0) process.off("exit", this.#killAll);
    });
    return group;
  }

  /** Kills what still runs; resolves when no process is left, or when one could not be killed within a second. */
  async close(): Promise<void> {
    this.#killAll();
    await bounded(Promise.all([...this.#running].map((group) => group.gone)), unkillableMs, this.#clock);
    await this.#watch.close();
  }

  readonly #killAll = (): void => {
    for (const group of this.#running) group.kill();
  };
}

import type { Timer } from "../model/clock.ts";
import type { Commits } from "./commits.ts";
import type { Engine } from "./engine.ts";
import type { Flow } from "./flow.ts";
import type { Partition } from "./partition.ts";

/**
 * What a group does while handlers of it are disabled: it stays a member and keeps its place. Where none is enabled
 * nothing is fetched; and as long as one is disabled, what is committed is committed again before it can expire.
 */
export class Attendance {
  readonly #engine: Engine;
  readonly #flow: Flow;
  readonly #commits: Commits;
  readonly #owned: () => Iterable<Partition>;
  #timer: Timer | null = null;

  constructor(engine: Engine, flow: Flow, commits: Commits, owned: () => Iterable<Partition>) {
    this.#engine = engine;
    this.#flow = flow;
    this.#commits = commits;
    this.#owned = owned;
  }

  /** The handlers may have changed, or the partitions have. */
  look(): void {
    const status = this.#engine.routes.status();
    this.#flow.disable(status === "all-disabled", this.#owned());
    if (status === "enabled") this.close();
    else this.#timer ??= this.#again();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #again(): Timer {
    return this.#engine.clock.after(this.#engine.limits.recommitMs, () => {
      for (const partition of this.#owned()) this.#commits.due(partition);
      this.#timer = this.#again();
    });
  }
}

import type { Timer } from "../model/clock.ts";
import { sequenceOf } from "../model/record.ts";
import type { Engine } from "./engine.ts";
import type { Lane } from "./lane.ts";
import type { Partition } from "./partition.ts";
import type { StallReason } from "./ports.ts";

/**
 * No partition stalls silently: says so when a fact that could be tried has not been for `stalledMs`. Its timer runs only
 * while such facts wait.
 */
export class Watchdog {
  readonly #engine: Engine;
  readonly #owned: () => Iterable<Partition>;
  #timer: Timer | null = null;

  constructor(engine: Engine, owned: () => Iterable<Partition>) {
    this.#engine = engine;
    this.#owned = owned;
  }

  /** A lane that is ready was not begun. */
  watch(): void {
    this.#timer ??= this.#engine.clock.after(this.#engine.limits.stalledMs / 2, () => {
      this.#timer = null;
      this.#look();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    let oldest: Lane<Partition> | null = null;
    for (const partition of this.#owned()) {
      for (const lane of partition.lanes.values()) {
        if (lane.state === "ready" && (oldest === null || lane.readyMs < oldest.readyMs)) oldest = lane;
      }
    }
    if (oldest === null) return;
    this.watch();
    const { clock, group, limits, observer } = this.#engine;
    const waitedMs = clock.monotonicMs() - oldest.readyMs;
    const first = oldest.facts.first;
    if (waitedMs < limits.stalledMs || first === null) return;
    observer.stalled(group, sequenceOf(first.record), waitedMs, this.#why(oldest.home));
  }

  #why(partition: Partition): StallReason {
    if (!partition.clear) return "earlier-owner";
    if (!partition.open) return "park-unknown";
    return this.#engine.brake.on ? "brake" : "no-slot";
  }
}

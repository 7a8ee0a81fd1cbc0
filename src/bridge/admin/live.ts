import type { LiveEvents } from "../../admin/contract/live.ts";
import type { LiveSource } from "../../admin/ports.ts";
import type { Clock, Timer } from "../../model/clock.ts";
import type { FlowLook } from "../../operations/flow.ts";

const lookEveryMs = 2000;

type Listener = Parameters<LiveSource["subscribe"]>[0];

/** What happens, for those who listen. Instances are looked at only while somebody does. */
export class LiveHub implements LiveSource {
  readonly #look: Pick<FlowLook, "look">;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  #timer: Timer | null = null;

  constructor(look: Pick<FlowLook, "look">, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  tell<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void {
    for (const listener of this.#listeners) listener(name, data);
  }

  subscribe(to: Listener): () => void {
    this.#listeners.add(to);
    if (this.#timer === null) this.#wait();
    return () => {
      this.#listeners.delete(to);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#timer = null;
    };
  }

  #wait(): void {
    this.#timer = this.#clock.after(lookEveryMs, () => {
      // That it cannot be seen now says the page of the flow.
      void this.#look
        .look()
        .then(
          ({ flow }) => {
            for (const instance of flow.instances) this.tell("instance", instance);
          },
          () => undefined,
        )
        .then(() => {
          if (this.#timer !== null) this.#wait();
        });
    });
  }
}

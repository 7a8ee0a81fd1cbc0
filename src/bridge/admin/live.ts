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
  /** Ends the looks; null: nobody listens. */
  #looking: (() => void) | null = null;

  constructor(look: Pick<FlowLook, "look">, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  tell<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void {
    for (const listener of this.#listeners) listener(name, data);
  }

  subscribe(to: Listener): () => void {
    this.#listeners.add(to);
    this.#looking ??= this.#lookOn();
    return () => {
      this.#listeners.delete(to);
      if (this.#listeners.size > 0) return;
      this.#looking?.();
      this.#looking = null;
    };
  }

  /** Looks again and again; returns how to end it, which also holds for a look that is under way. */
  #lookOn(): () => void {
    let timer: Timer | null = null;
    let isOver = false;
    const wait = (): void => {
      if (!isOver) timer = this.#clock.after(lookEveryMs, () => void look().then(wait));
    };
    const look = async (): Promise<void> => {
      try {
        const { flow } = await this.#look.look();
        if (!isOver) for (const instance of flow.instances) this.tell("instance", instance);
      } catch {
        // That it cannot be seen now says the page of the flow.
      }
    };
    wait();
    return () => {
      isOver = true;
      timer?.cancel();
    };
  }
}

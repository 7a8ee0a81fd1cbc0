import type { Clock } from "../model/clock.ts";
import type { FlowLook } from "./flow.ts";
import type { FlowHandler } from "./flow-answer.ts";

/** What instances say of a handler, and how far its group is behind. */
export interface HandlerState {
  /** The worst among the instances; null: none has told. */
  readonly breaker: "closed" | "half-open" | "open" | null;
  /** Why instances do not run it as it is defined. */
  readonly problems: string[];
  /** Of an after handler's group; null: unknown. */
  readonly lag: { readonly records: number; readonly oldestMs: number | null } | null;
}

const unknown: HandlerState = { breaker: null, problems: [], lag: null };
const worstFirst = ["open", "half-open"] as const;

/** Seen longer ago than this it is not shown as if it were so now. Milliseconds. */
const forgottenMs = 30_000;
/** Seen not longer ago than this it need not be waited for. Milliseconds. */
const freshMs = 10_000;

export interface HandlerStatesParts {
  readonly flow: Pick<FlowLook, "look" | "last">;
  readonly clock: Clock;
  /** The longest wait for a look [500 ms]. */
  readonly waitMs?: number;
}

/** From memory: a list of handlers waits for brokers a moment at most. Asking makes what is remembered fresh for whoever asks next. */
export class HandlerStates {
  readonly #flow: Pick<FlowLook, "look" | "last">;
  readonly #clock: Clock;
  readonly #waitMs: number;

  constructor({ flow, clock, waitMs = 500 }: HandlerStatesParts) {
    this.#flow = flow;
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Looks again; waits for it where nothing was seen of late, and then a moment only. Never throws. */
  async refresh(): Promise<void> {
    // Whoever looks at the flow is told why it cannot be seen; here it is unknown.
    const look = this.#flow.look().then(ignore, ignore);
    if (this.#seenMs() <= freshMs) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#clock.after(this.#waitMs, () => resolve(undefined));
    await Promise.race([look, promise]);
    timer.cancel();
  }

  of({ id, group }: Pick<FlowHandler, "id" | "group">): HandlerState {
    const { last } = this.#flow;
    if (last === null || this.#seenMs() > forgottenMs) return unknown;
    const statuses = last.seen.instances.map(({ status }) => status);
    const breakers = statuses.flatMap((status) => status.breakers.filter(({ handler }) => handler === id));
    const worst = worstFirst.find((state) => breakers.some((breaker) => breaker.state === state));
    const problems = statuses.flatMap((status) => status.problems.filter(({ handler }) => handler === id));
    const found =
      group === null
        ? undefined
        : last.flow.groups.find((one) => one.group === group && one.groupId.includes(".after."));
    return {
      breaker: worst ?? (statuses.length === 0 ? null : "closed"),
      problems: [...new Set(problems.map(({ problem }) => problem))],
      lag: found === undefined || found.lag === null ? null : { records: found.lag, oldestMs: found.oldestMs },
    };
  }

  /** How long ago the last look was. */
  #seenMs(): number {
    const { last } = this.#flow;
    return last === null ? Infinity : this.#clock.epochMs() - last.seen.atMs;
  }
}

function ignore(): void {
  // Said above.
}

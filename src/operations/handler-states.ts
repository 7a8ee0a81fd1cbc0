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

/** From memory: a list of handlers must not wait for brokers. Asking makes what is remembered fresh for whoever asks next. */
export class HandlerStates {
  readonly #flow: Pick<FlowLook, "look" | "last">;

  constructor(flow: Pick<FlowLook, "look" | "last">) {
    this.#flow = flow;
  }

  of({ id, group }: Pick<FlowHandler, "id" | "group">): HandlerState {
    // Whoever looks at the flow is told why it cannot be seen; here it is unknown.
    this.#flow.look().catch(() => undefined);
    const { last } = this.#flow;
    if (last === null) return unknown;
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
}

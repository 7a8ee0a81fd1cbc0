/** What a consumer group may be asked, by the one thing that a consumer is handed and its group has: a partition assigner. */
export interface GroupHooks {
  readonly [beforeJoin]?: () => Promise<void>;
  readonly [fetchWait]?: FetchWait;
}

/**
 * kafkajs joins a group again without waiting for anybody: what is under way then, and what is settled and not committed,
 * is delivered again by whoever gets the partition. Where one of a group's assigners has this, the join waits for it.
 */
export const beforeJoin: unique symbol = Symbol("before join");

/** kafkajs lets every fetch of a consumer wait for records equally long. Where one of a group's assigners has this, it is asked. */
export const fetchWait: unique symbol = Symbol("fetch wait");

export interface FetchWait {
  /** How long the next fetch may wait for records. Milliseconds. */
  nextMs(hasPaused: boolean): number;
  /** All that the member owns is paused: resolves, soon after something may go on again or a while has passed. */
  whilePaused(): Promise<void>;
}

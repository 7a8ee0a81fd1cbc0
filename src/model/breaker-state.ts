import type { Stage } from "./handler.ts";

/** A handler's breaker: `closed` calls pass, `open` none does, `half-open` one probe at a time. */
export type BreakerState = "closed" | "open" | "half-open";

/** Whose calls share a breaker, places and sockets: a stage's, or those of its shadows, which share none with it. */
export type Pool = Stage | "shadow";

/** A breaker went from one state to another. */
export interface BreakerTurn {
  readonly pool: Pool;
  /** The handler's id. */
  readonly handler: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** For people and logs. */
  readonly why: string;
  /** For how long it opened, milliseconds; null unless `to` is open. */
  readonly openForMs: number | null;
}

/** Told of every turn. Must return at once and never throw. */
export type BreakerObserver = (turn: BreakerTurn) => void;

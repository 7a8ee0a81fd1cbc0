/** How busy a handler is in one pool, at one moment. */
export interface Occupancy {
  /** The handler's id. */
  readonly handler: string;
  /** Calls that have a place: under way, or a script's that is still being ended. */
  readonly inFlight: number;
  /** Calls that wait for a place. */
  readonly queued: number;
  /** Calls and deliveries that wait for their turn because of the rate limit. */
  readonly rateLimited: number;
}

import type { BridgeEvent } from "./event.ts";

/** One call of a handler's task, in either stage. What becomes headers of a request, or a script's environment. */
export interface TaskCall {
  readonly event: BridgeEvent;
  /** Of the record, as text that loses nothing: whose events are kept in order. Null or absent: none. */
  readonly key?: string | null;
  /** Stable over all attempts of one delivery (`webhook-id`). */
  readonly deliveryId: string;
  /** From 1 (`bridge-attempt`). */
  readonly attempt: number;
  /** `topic/partition/offset` (`bridge-sequence`). */
  readonly sequence: string;
  /** Milliseconds this call may take, at most (`bridge-timeout-ms`). */
  readonly timeoutMs: number;
}

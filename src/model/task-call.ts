import type { Data } from "./data.ts";
import type { BridgeEvent } from "./event.ts";
import { secretValues } from "./mask.ts";

/** One call of a handler's task, in either stage. What becomes headers of a request, or a script's environment. */
export interface TaskCall {
  readonly event: BridgeEvent;
  /** Of the record, as text that loses nothing: whose events are kept in order. Null or absent: none. */
  readonly key?: string | null;
  /** Before the event: of the request, for the execution log. */
  readonly operationId?: string;
  readonly client?: string;
  /** Before the event, where another handler has changed the data: as the core sent it. A handler may know its secrets. */
  readonly asSent?: Data;
  /** Stable over all attempts of one delivery (`webhook-id`). */
  readonly deliveryId: string;
  /** From 1 (`bridge-attempt`). */
  readonly attempt: number;
  /** `topic/partition/offset` (`bridge-sequence`). */
  readonly sequence: string;
  /** How many older events of its key this one stands for (`bridge-superseded`). Absent: none. */
  readonly superseded?: number;
  /** An operator tries the handler: nothing happened, and nothing is asked (`bridge-test`). */
  readonly isTest?: true;
  /** Milliseconds this call may take, at most (`bridge-timeout-ms`). */
  readonly timeoutMs: number;
}

/** What must be masked wherever a handler repeats it: the secrets of what it is sent, and of what the core had sent. */
export function secretsOf({ asSent, event }: TaskCall): readonly string[] {
  const secrets = secretValues(event.data, event.shape);
  return asSent === undefined ? secrets : [...secrets, ...secretValues(asSent, event.shape)];
}

/** One call of a handler, as the execution log keeps it (schemas/executions/Execution.avsc). Holds no secret. */
export interface Execution {
  /** Names the entry; later ones sort after earlier ones. */
  readonly id: string;
  readonly atMs: number;
  readonly instanceId: string;
  readonly stage: "before" | "after";
  readonly handler: string;
  /** The handler's consumer group; null before the event. */
  readonly group: string | null;
  /** Canonical event id. */
  readonly eventId: string;
  readonly objectId: string | null;
  /** The record's key as text: the client's id. */
  readonly clientKey: string | null;
  /** Of the request; null after the event. */
  readonly operationId: string | null;
  readonly deliveryId: string;
  readonly attempt: number;
  /** `topic/partition/offset` of the record. */
  readonly sequence: string;
  /** `allow`, `forbid`, `cancelled`, `delivered`, or the failure's kind (model/failure.ts). */
  readonly outcome: string;
  readonly ms: number;
  /** HTTP status or exit code; null: there was none. */
  readonly status: number | null;
  /** Why it failed, or the reason of a forbid; null where there is nothing to say. */
  readonly detail: string | null;
  /** The bodies as text, as sent (or as it would have been) and as it came back; null: none. Bounded, and then `cut`. */
  readonly sent: string | null;
  readonly sentCut: boolean;
  readonly answered: string | null;
  readonly answeredCut: boolean;
  /** What followed an attempt after the event; null before it. */
  readonly disposition: string | null;
  readonly retryInMs: number | null;
  /** From the event's own time to the end of the attempt; null before the event. */
  readonly delayMs: number | null;
}

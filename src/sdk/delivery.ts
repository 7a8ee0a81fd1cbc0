import type { EventDataById, EventId } from "./generated/events.ts";

/** What a subscriber is told: one event, in one attempt. */

/** An event by its id, so that `switch (event.id)` tells the type of `event.data`. Frozen: every attempt gets the same one. */
export type DeliveredEvent<Id extends EventId = EventId> = {
  [Each in Id]: { readonly id: Each; readonly data: EventDataById[Each] };
}[Id];

export interface Delivery<Id extends EventId = EventId> {
  readonly event: DeliveredEvent<Id>;
  /** The same for every attempt, in every process of the group, after every restart: what to remember as done. */
  readonly deliveryId: string;
  /** From 1; counted anew after a restart. */
  readonly attempt: number;
  /** Where its record stands: `topic/partition/offset`. */
  readonly sequence: string;
  /** Id of the object as decimal text; null where the event names none. */
  readonly objectId: string | null;
  /** When it happened: ISO 8601 text as the core wrote it, of up to nine fractional digits. */
  readonly time: string;
  /**
   * Aborts when the attempt's time is over (its reason: BridgeError TIMED_OUT), when another process of the group took
   * over, or when closing waits no longer (CLOSED). Pass it on to whatever waits: the key's next attempt or event
   * does not begin before this one has ended.
   */
  readonly signal: AbortSignal;
}

/** A delivery of `for await`: it ends by one of these three. The first that is called counts; after its time, none does. */
export interface OpenDelivery<Id extends EventId = EventId> extends Delivery<Id> {
  /** It is delivered. */
  readonly done: () => void;
  /** Again later, as the retry policy says. `why`: for logs and the dead letter, no secrets. */
  readonly retry: (why: string) => void;
  /** Never again: it becomes a dead letter. */
  readonly reject: (why: string) => void;
}

/** Thrown by `handle`: no other attempt can work, so that the event becomes a dead letter at once. */
export class PermanentFailure extends Error {
  /** `message`: for logs and the dead letter; no secrets. */
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "PermanentFailure";
  }
}

/** Thrown by work that never began, or was left in the middle: says nothing about the event. */
export class NotTaken extends Error {}

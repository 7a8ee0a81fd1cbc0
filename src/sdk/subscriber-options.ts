import type { BridgeError } from "../errors.ts";
import type { FirstPosition } from "../kafka/consume/first-position.ts";
import type { KafkaSettings, RegistrySettings } from "../kafka/settings.ts";
import type { Logger } from "../model/logger.ts";
import type { RetryPolicy } from "../model/retry-policy.ts";
import type { Delivery, OpenDelivery } from "./delivery.ts";
import type { EventId } from "./generated/events.ts";
import type { EventPattern, EventsOf } from "./subscribed-events.ts";

/** What a CRM sees of the subscriber. */

export interface SubscriberOptions<Pattern extends EventPattern = EventPattern> {
  readonly kafka: Pick<KafkaSettings, "brokers"> & Partial<KafkaSettings>;
  readonly registry: Pick<RegistrySettings, "url"> & Partial<RegistrySettings>;
  /** First part of the topics' names [billing]. */
  readonly topicPrefix?: string;
  /** First part of the consumer group's name [subscriber]. */
  readonly groupPrefix?: string;
  /**
   * Processes that name the same group share the events; another group gets all of them too. Lower-case letters, digits
   * and `._-`, at most 63. With the prefix (`subscriber.crm`) it stands in deliveries' ids and in dead letters.
   */
  readonly group: string;
  /** Event ids, or all below a beginning: `clients.*`; `*` is every one. */
  readonly events: readonly Pattern[];
  /** Where a group that is new begins: with what comes from now on, or with what is still kept [end]. */
  readonly from?: FirstPosition;
  /** Deliveries under way at once, of as many keys [32]; 1 to 1000. */
  readonly concurrency?: number;
  /** Milliseconds that one attempt may take [30,000]; 10 to 3,600,000. */
  readonly attemptTimeoutMs?: number;
  /** When a failed attempt is followed by another [as of handlers: at once, 1 s, 5 s, 30 s ... for 24 hours]. */
  readonly retry?: Partial<RetryPolicy>;
  /** Longest wait of `close` for what is under way. Milliseconds [15,000]; 0 to 600,000. */
  readonly drainMs?: number;
  /** Longest wait for broker, registry and the group in `createSubscriber`. Milliseconds from 1 [30,000]. */
  readonly connectTimeoutMs?: number;
  /** Called once when the subscriber could not be kept alive; it closes. End the process, so that another begins. */
  readonly onGaveUp?: (error: BridgeError) => void;
  readonly logger?: Logger;
}

export interface HandlingOptions<Pattern extends EventPattern = EventPattern> extends SubscriberOptions<Pattern> {
  /**
   * Takes one delivery; it is delivered when this resolves. Whatever it throws: again later, by `retry`; PermanentFailure:
   * a dead letter at once. Its calls for one key follow one another, even where one outlives its time.
   */
  readonly handle: (delivery: Delivery<EventsOf<Pattern>>) => Promise<void> | void;
}

/** Since it was made, and of this moment. */
export interface SubscriberCounts {
  readonly delivered: number;
  /** Attempts that failed, those of dead letters too. */
  readonly failed: number;
  readonly deadLettered: number;
  /** Records that came again, as after each change of the group. */
  readonly repeated: number;
  /** Records that were gone before the group read them: retention was shorter than its absence. A dead letter names them. */
  readonly lost: number;
  /** Now: partitions that are this process's. */
  readonly partitions: number;
  /** Now: events taken in whose delivery has not ended. */
  readonly unsettled: number;
  /** Now: attempts under way, those that outlived their time too. */
  readonly running: number;
  /** Now: attempts that outlived their time; their keys wait for them. */
  readonly overdue: number;
  /** Now: keys whose event waits for its next attempt. */
  readonly waiting: number;
  /** Now: age of the oldest event whose delivery has not ended. Milliseconds, 0 when there is none. */
  readonly oldestMs: number;
  /** Now: whether it stopped after too many dead letters in a row, and tries one event now and then. */
  readonly braked: boolean;
}

export interface Subscriber {
  /** Whether it is a member of its group, dead letters can be written, and it is not closed. */
  ready(): boolean;
  counts(): SubscriberCounts;
  /**
   * Takes nothing more, waits up to `drainMs` for what is under way and aborts the rest, commits, leaves the group, and
   * disconnects. What did not end is delivered again, with the same `deliveryId`, by whoever is next. Resolves within
   * `drainMs` and some ten seconds; never rejects; idempotent. Called from within `handle`, it waits for that too.
   */
  close(): Promise<void>;
}

/**
 * A subscriber that is read by `for await`. At most `concurrency` deliveries are open, those not yet read among them; the next
 * of a key comes after the one before has ended. Several loops share what comes. Leaving a loop closes the subscriber, and what
 * the loop held comes again, unless it had ended. Its loops end when it is closed; they throw when it gave up.
 */
export interface IterableSubscriber<Id extends EventId = EventId> extends Subscriber, AsyncIterable<OpenDelivery<Id>> {}

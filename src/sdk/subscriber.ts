import { createDispatcher, type Dispatcher } from "../after/dispatcher.ts";
import type { DeadLetters } from "../after/ports.ts";
import { BridgeError } from "../errors.ts";
import { createKafkaClient, type KafkaClient } from "../kafka/connection/client.ts";
import { afterTiming, createGroupConsumer, type GroupConsumer } from "../kafka/consume/consumer.ts";
import { pinFirstPosition } from "../kafka/consume/first-position.ts";
import { createRecordProducer, type RecordProducer } from "../kafka/produce/producer.ts";
import { openDeadLetterWriter } from "../kafka/records/dead-letter-codec.ts";
import { createDeadLetters } from "../kafka/records/dead-letters.ts";
import { Gaps } from "../kafka/records/gaps.ts";
import { createReader } from "../kafka/records/reader.ts";
import { createRegistry, type Registry } from "../kafka/registry/registry.ts";
import { systemClock } from "../model/clock.ts";
import { within } from "../model/deadline.ts";
import { findEventType } from "../model/event-catalogue.ts";
import type { AfterHandler } from "../model/handler.ts";
import { type Logger, silentLogger } from "../model/logger.ts";
import { type TopicNames, topicNames } from "../model/topics.ts";
import { type CheckedSubscriber, checkSubscriber } from "./check-subscriber.ts";
import type { Delivery, OpenDelivery } from "./delivery.ts";
import { DeliveryStream } from "./delivery-stream.ts";
import { InProcessTasks, type Work } from "./in-process-tasks.ts";
import type { EventPattern, EventsOf } from "./subscribed-events.ts";
import { observeSubscriber, type Tallies } from "./subscriber-observer.ts";
import type {
  HandlingOptions,
  IterableSubscriber,
  Subscriber,
  SubscriberCounts,
  SubscriberOptions,
} from "./subscriber-options.ts";
import { usualKafka, usualRegistry } from "./usual-settings.ts";

/**
 * Joins the group and delivers events in this process: at least once, in order per key within an entity's topic, up to
 * `concurrency` keys at once. Resolves when it is a member; deliveries may begin a moment before. With `handle`, that
 * function takes them; without, read them by `for await`.
 *
 * Rejects with BridgeError BROKER_UNAVAILABLE, REGISTRY_UNAVAILABLE, NOT_SET_UP (run `setup` first), SETTINGS_INVALID (an
 * option that cannot be used, by its name), UNKNOWN_EVENT, USAGE (no event), or TIMED_OUT after `connectTimeoutMs`.
 */
export function createSubscriber<const Pattern extends EventPattern>(
  options: HandlingOptions<Pattern>,
): Promise<Subscriber>;
export function createSubscriber<const Pattern extends EventPattern>(
  options: SubscriberOptions<Pattern> & { readonly handle?: undefined },
): Promise<IterableSubscriber<EventsOf<Pattern>>>;
export async function createSubscriber(
  options: SubscriberOptions & { readonly handle?: ((delivery: Delivery) => Promise<void> | void) | undefined },
): Promise<Subscriber | IterableSubscriber> {
  const checked = checkSubscriber(options);
  const { handle } = options;
  if (handle !== undefined) {
    return opened(
      new KafkaSubscriber(options, checked, async (delivery, begin) => {
        begin();
        await handle(delivery);
      }),
    );
  }
  const stream = new DeliveryStream();
  const subscriber = await opened(
    new KafkaSubscriber(options, checked, (delivery, begin) => stream.offer(delivery, begin), stream),
  );
  const close = (): Promise<void> => subscriber.close();
  return {
    ready: () => subscriber.ready(),
    counts: () => subscriber.counts(),
    close,
    [Symbol.asyncIterator]: (): AsyncIterator<OpenDelivery> => stream.loop(close),
  };
}

async function opened(subscriber: KafkaSubscriber): Promise<KafkaSubscriber> {
  try {
    await subscriber.open();
  } catch (error) {
    await subscriber.close();
    throw error;
  }
  return subscriber;
}

const leaveMs = 5000;

class KafkaSubscriber implements Subscriber {
  readonly #options: SubscriberOptions;
  readonly #checked: CheckedSubscriber;
  readonly #logger: Logger;
  readonly #stream: DeliveryStream | null;
  readonly #topics: TopicNames;
  readonly #client: KafkaClient;
  readonly #registry: Registry;
  readonly #producer: RecordProducer;
  readonly #tasks: InProcessTasks;
  readonly #consumer: GroupConsumer;
  readonly #dispatcher: Dispatcher;
  readonly #gaps: Gaps;
  readonly #tallies: Tallies = { delivered: 0, failed: 0, deadLettered: 0, lost: 0 };
  readonly #stop = new AbortController();
  #deadLetters: DeadLetters | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    options: SubscriberOptions,
    checked: CheckedSubscriber,
    work: Work,
    stream: DeliveryStream | null = null,
  ) {
    const { attemptTimeoutMs, concurrency, events, groupId, retry } = checked;
    const logger = options.logger ?? silentLogger;
    this.#options = options;
    this.#checked = checked;
    this.#logger = logger;
    this.#stream = stream;
    this.#topics = topicNames(checked.topicPrefix);
    this.#client = createKafkaClient({ ...usualKafka, clientId: "subscriber", ...options.kafka }, logger);
    this.#registry = createRegistry({ ...usualRegistry, ...options.registry });
    this.#producer = createRecordProducer(this.#client, { timeoutMs: 8000 });
    const clock = systemClock;
    this.#tasks = new InProcessTasks({ work, concurrency, overdueMs: retry.maxAgeMs, clock, logger });
    this.#consumer = createGroupConsumer(this.#client, {
      groupId,
      topics: this.#factTopics(),
      sink: {
        assigned: (partitions) => this.#dispatcher.assigned(partitions),
        beforeJoin: (withinMs) => this.#dispatcher.beforeJoin(withinMs),
        accept: (records) => this.#dispatcher.accept(records),
      },
      onGaveUp: (error) => this.#gaveUp(error),
      onLost: (lost) => this.#gaps.report(groupId, lost),
      timing: afterTiming,
    });
    const deadLetters: DeadLetters = { write: (letter) => this.#lettersOpen().write(letter) };
    this.#gaps = new Gaps({
      ...{ deadLetters, logger, clock },
      count: (_group, records) => {
        this.#tallies.lost += records;
      },
    });
    const handlers = [handlerOf(groupId, events, attemptTimeoutMs, retry)];
    this.#dispatcher = createDispatcher({
      group: groupId,
      handlers: () => handlers,
      source: this.#consumer,
      reader: createReader({ registry: this.#registry }),
      tasks: this.#tasks,
      deadLetters,
      clock,
      random: Math.random,
      observer: observeSubscriber(logger, this.#tallies),
      logger,
      limits: { concurrency },
    });
  }

  async open(): Promise<void> {
    const { connectTimeoutMs } = this.#checked;
    await within(systemClock, connectTimeoutMs, "joining the group", this.#join());
  }

  ready(): boolean {
    return this.#closing === null && this.#consumer.state() === "assigned" && this.#producer.ready();
  }

  counts(): SubscriberCounts {
    const { braked, oldestMs, partitions, repeated, unsettled, waitingLanes, haltedLanes } = this.#dispatcher.stats();
    const { overdue, running } = this.#tasks;
    const waiting = waitingLanes + haltedLanes;
    return { ...this.#tallies, repeated, partitions, unsettled, running, overdue, waiting, oldestMs, braked };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #join(): Promise<void> {
    const { from, groupId } = this.#checked;
    const topics = this.#factTopics();
    const [writer] = await Promise.all([
      openDeadLetterWriter(this.#registry, this.#topics.deadLetters),
      this.#producer.connect(),
    ]);
    this.#deadLetters = createDeadLetters({
      producer: this.#producer,
      topic: this.#topics.deadLetters,
      encode: (letter, atMs) => writer.encode(letter, atMs),
    });
    const { inUse, pinned } = await pinFirstPosition(this.#client, groupId, topics, from);
    if (pinned.length > 0) this.#logger.info({ groupId, topics, from }, "new group: its first position is written");
    // Others of the group have joined with other topics: what is kept of these is delivered from its start.
    if (inUse.length > 0)
      this.#logger.warn({ groupId, topics: inUse }, "topics without a position start with what is kept");
    // Closed while it was joining: nobody would stop what begins now.
    if (this.#closing !== null) throw new BridgeError("CLOSED", "closed while it was joining its group");
    await this.#consumer.start(this.#stop.signal);
  }

  async #close(): Promise<void> {
    const { drainMs, groupId } = this.#checked;
    this.#stream?.close();
    const { committed, unsettled } = await this.#dispatcher.drain(drainMs);
    if (unsettled > 0 || !committed)
      this.#logger.info({ groupId, unsettled, committed }, "closed: what is unsettled is delivered by whoever is next");
    await this.#consumer.stop(leaveMs);
    this.#gaps.close();
    this.#stop.abort();
    await this.#producer.close(leaveMs);
  }

  #gaveUp(error: BridgeError): void {
    this.#logger.error({ groupId: this.#checked.groupId, detail: error.message }, "the subscriber gave up");
    this.#stream?.close(error);
    void this.close();
    this.#options.onGaveUp?.(error);
  }

  /** Only the topics its events travel under: each further one costs an idle fetch. */
  #factTopics(): readonly string[] {
    const entities = new Set(this.#checked.events.flatMap((id) => findEventType(id)?.entity ?? []));
    return [...entities].map((entity) => this.#topics.facts[entity]).sort();
  }

  #lettersOpen(): DeadLetters {
    if (this.#deadLetters === null) throw new BridgeError("NOT_SET_UP", "the schema of dead letters is not open yet");
    return this.#deadLetters;
  }
}

/** The subscriber's function as the one handler of its group. */
function handlerOf(
  id: string,
  events: readonly string[],
  timeoutMs: number,
  retry: CheckedSubscriber["retry"],
): AfterHandler {
  return {
    ...{ id, name: id, group: id, events, timeoutMs, retry },
    stage: "after",
    condition: null,
    // Nobody runs it: InProcessTasks is what a delivery comes to.
    task: { kind: "script", path: "" },
    status: "enabled",
    priority: 100,
    numbers: "string",
  };
}

import { createDispatcher, type Dispatcher } from "../after/dispatcher.ts";
import type { AfterObserver, DeadLetters } from "../after/ports.ts";
import { BridgeError } from "../errors.ts";
import { afterTiming, createGroupConsumer, type GroupConsumer } from "../kafka/consume/consumer.ts";
import { pinFirstPosition } from "../kafka/consume/first-position.ts";
import { openLogReader } from "../kafka/consume/log-reader.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { openDeadLetterWriter } from "../kafka/records/dead-letter-codec.ts";
import { createDeadLetters } from "../kafka/records/dead-letters.ts";
import { Gaps } from "../kafka/records/gaps.ts";
import { openParkedWriter, type ParkedWriter, readParked } from "../kafka/records/parked-codec.ts";
import { createParkedLog } from "../kafka/records/parked-log.ts";
import { createReader } from "../kafka/records/reader.ts";
import { entitiesOf } from "../model/event-catalogue.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { TopicNames } from "../model/topics.ts";
import { LoopLag } from "../observe/loop-lag.ts";
import { showGroups } from "./after-gauges.ts";
import { both } from "./both.ts";
import { countdown } from "./countdown.ts";
import { composeExecutionLog } from "./execution-log.ts";
import { standingOf } from "./group-standing.ts";
import { composeTasks } from "./handler-tasks.ts";
import { withReplays } from "./replays.ts";
import { type ComposedStage, type StageParts, waitingFor } from "./stage.ts";
import { untilItWorks } from "./until-it-works.ts";

/** What closing takes besides draining, at most. Milliseconds. */
const closeMs = 6000;
/** Longest wait for one answer with parked facts. */
const readParkedMs = 8000;

interface Group {
  readonly group: string;
  readonly groupId: string;
  /** Topics of facts it reads. */
  readonly facts: readonly string[];
  readonly consumer: GroupConsumer;
  readonly dispatcher: Dispatcher;
}

/** Facts in, deliveries out: a consumer group for each handler group, so that none can hold up another. */
export function composeAfter(
  parts: StageParts,
  handlers: readonly AfterHandler[],
  observer: AfterObserver,
): ComposedStage {
  const { settings, topics, client, registry, logger, clock } = parts;
  const tasks = composeTasks(parts, "after", handlers);
  const executions = composeExecutionLog(parts);
  const producer = createRecordProducer(client, { timeoutMs: 8000 });
  const reader = createReader({ registry });
  // Until the schema is open a dead letter cannot be written, and nothing is settled that should be one.
  let opened: DeadLetters = { write: () => Promise.reject(new Error("the dead letter schema is not open yet")) };
  const deadLetters: DeadLetters = { write: (letter) => opened.write(letter) };
  let parkedWriter: ParkedWriter | null = null;
  const parkedLog = createParkedLog({
    producer,
    topic: topics.parked,
    encode(owner, entry, atMs) {
      if (parkedWriter === null) throw new BridgeError("NOT_SET_UP", "the schema of parked records is not open yet");
      return parkedWriter.encode(owner, entry, atMs);
    },
    decode: (value) => readParked(registry, value),
    openReader: () => openLogReader(client, readParkedMs),
    lost: (group, range) => gaps.report(group, { topic: topics.parked, ...range }),
  });
  const gaps = new Gaps({
    ...{ deadLetters, logger, clock },
    count: (group, records) => parts.metrics.recordsLost.inc({ group }, records),
  });

  const compose = (group: string, members: readonly AfterHandler[]): Group => {
    const groupId = `${settings.topics.groupPrefix}.after.${group}`;
    const facts = topicsOf(members, topics);
    const replayed = withReplays(topics.replays, { group, members, reader, tasks, deadLetters, logger });
    const consumer = createGroupConsumer(client, {
      groupId,
      topics: [...facts, topics.replays],
      sink: {
        assigned: (partitions) => dispatcher.assigned(partitions),
        beforeJoin: (withinMs) => dispatcher.beforeJoin(withinMs),
        accept: (records) => dispatcher.accept(records),
      },
      onGaveUp: parts.onGaveUp,
      onLost: (lost) => gaps.report(group, lost),
      timing: afterTiming,
    });
    const dispatcher: Dispatcher = createDispatcher({
      group,
      handlers: () => replayed.members,
      source: consumer,
      reader: replayed.reader,
      tasks: replayed.tasks,
      deadLetters: replayed.deadLetters,
      parkedLog,
      clock,
      random: Math.random,
      observer: both(observer, executions),
      logger,
      limits: {
        concurrency: settings.after.inFlight,
        parkRecords: settings.after.parkAfter,
        brakeAfter: settings.after.brakeAfter,
      },
    });
    return { group, groupId, facts, consumer, dispatcher };
  };
  const live = handlers.filter((handler) => handler.status !== "archived");
  const groups = [...Map.groupBy(live, (handler) => handler.group)].map(([group, members]) => compose(group, members));
  showGroups(parts.metrics, groups);
  const lag = new LoopLag(clock);

  const checks = [
    {
      name: "after: partitions assigned",
      holds: () => groups.every(({ consumer }) => consumer.state() === "assigned"),
    },
    { name: "after: producer ready", holds: () => producer.ready() },
  ];
  return {
    checks,
    status() {
      const { revision, problems } = parts.running();
      return {
        ...{ handlersRevision: revision, problems, waitingFor: waitingFor(checks), loopLagMs: lag.worstMs },
        breakers: tasks.breakers(),
        groups: groups.map((group) => standingOf(group)),
      };
    },
    async start(signal) {
      lag.start();
      const writer = await untilItWorks("the schema registry", logger, signal, () =>
        openDeadLetterWriter(registry, topics.deadLetters),
      );
      opened = createDeadLetters({
        producer,
        topic: topics.deadLetters,
        encode: (letter, atMs) => writer.encode(letter, atMs),
      });
      parkedWriter = await untilItWorks("the schema registry", logger, signal, () =>
        openParkedWriter(registry, topics.parked),
      );
      await untilItWorks("the brokers", logger, signal, () => producer.connect());
      executions.start();
      await Promise.all(
        groups.map(async ({ groupId, facts, consumer }) => {
          const pinned = await untilItWorks("the brokers", logger, signal, () =>
            pinFirstPosition(client, groupId, facts, "end"),
          );
          // A replay names its group: it is meant for it whenever it was written.
          await untilItWorks("the brokers", logger, signal, () =>
            pinFirstPosition(client, groupId, [topics.replays], "start"),
          );
          if (pinned.pinned.length > 0)
            logger.info({ groupId, topics: facts }, "new group: it starts with what comes from now on");
          // Other instances have joined with other topics: what is kept of these would be delivered from its start.
          if (pinned.inUse.length > 0)
            logger.warn(
              { groupId, topics: pinned.inUse },
              "topics without a position in a group that has members: they start with what is kept",
            );
          await consumer.start(signal);
        }),
      );
    },
    async stop(drainMs) {
      lag.stop();
      const leftMs = countdown(clock, drainMs + closeMs);
      await Promise.all(
        groups.map(async ({ groupId, dispatcher, consumer }) => {
          const { unsettled, committed } = await dispatcher.drain(drainMs);
          logger.info(
            { groupId, unsettled, committed },
            "drained: what is unsettled is delivered by whoever comes next",
          );
          await consumer.stop(leftMs());
        }),
      );
      gaps.close();
      await Promise.all([parkedLog.close(), producer.close(leftMs()), tasks.close(leftMs())]);
      await executions.stop(leftMs());
    },
  };
}

/** Only the topics a group's handlers can match: each further one costs an idle fetch. */
function topicsOf(handlers: readonly AfterHandler[], topics: TopicNames): readonly string[] {
  const wanted = handlers.flatMap((handler) =>
    handler.events.flatMap((event) => entitiesOf(event).map((entity) => topics.facts[entity])),
  );
  return [...new Set(wanted)].sort();
}

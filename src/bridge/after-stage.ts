import type { AfterObserver, DeadLetters } from "../after/ports.ts";
import { TurnPace } from "../after/turn-pace.ts";
import { BridgeError } from "../errors.ts";
import { openLogReader } from "../kafka/consume/log-reader.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { openDeadLetterWriter } from "../kafka/records/dead-letter-codec.ts";
import { createDeadLetters } from "../kafka/records/dead-letters.ts";
import { Gaps } from "../kafka/records/gaps.ts";
import { openParkedWriter, type ParkedWriter, readParked } from "../kafka/records/parked-codec.ts";
import { createParkedLog } from "../kafka/records/parked-log.ts";
import { createReader } from "../kafka/records/reader.ts";
import { LoopLag } from "../observe/loop-lag.ts";
import { showGroups } from "./after-gauges.ts";
import { AfterGroups } from "./after-groups.ts";
import { both } from "./both.ts";
import { countdown } from "./countdown.ts";
import { composeExecutionLog } from "./execution-log.ts";
import { standingOf } from "./group-standing.ts";
import { composeTasks } from "./handler-tasks.ts";
import { afterHandlers, emptySet, type LiveSet, type RunningSet } from "./running-set.ts";
import { type ComposedStage, closeMs, type StageParts, waitingFor } from "./stage.ts";
import { untilItWorks } from "./until-it-works.ts";

/** Longest wait for one answer with parked facts. */
const readParkedMs = 8000;

/** Facts in, deliveries out: a consumer group for each handler group, so that none can hold up another. */
export function composeAfter(parts: StageParts, live: LiveSet, observer: AfterObserver): ComposedStage {
  const { topics, client, registry, logger, clock } = parts;
  const tasks = composeTasks(parts, "after");
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

  const groups: AfterGroups = new AfterGroups({
    ...{ stage: parts, reader, tasks, deadLetters, parkedLog, gaps },
    observer: both(observer, executions),
    pace: new TurnPace(),
    groups: () => groups.count,
  });
  let running: RunningSet = emptySet;
  const follow = (): void => {
    running = live.current;
    tasks.use(afterHandlers(running).map(({ handler }) => handler));
    groups.use(running);
  };
  showGroups(parts.metrics, () => groups.running);
  // Only shown.
  const lag = new LoopLag(clock, { resolutionMs: 200 });

  const checks = [
    {
      name: "after: partitions assigned",
      holds: () => groups.assigned,
    },
    { name: "after: producer ready", holds: () => producer.ready() },
  ];
  return {
    checks,
    revision: () => running.revision,
    status() {
      const { revision, problems } = running;
      return {
        ...{ handlersRevision: revision, problems, waitingFor: waitingFor(checks), loopLagMs: lag.worstMs },
        breakers: tasks.breakers(),
        groups: groups.running.map((group) => standingOf(group, group.paused)),
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
      live.onChange(follow);
      follow();
      await groups.settled();
      if (signal.aborted) throw new BridgeError("CLOSED", "stopped while waiting for Kafka");
    },
    async stop(drainMs) {
      lag.stop();
      const leftMs = countdown(clock, drainMs + closeMs);
      await groups.stop(drainMs, leftMs);
      gaps.close();
      await Promise.all([parkedLog.close(), producer.close(leftMs()), tasks.close(leftMs())]);
      await executions.stop(leftMs());
    },
  };
}

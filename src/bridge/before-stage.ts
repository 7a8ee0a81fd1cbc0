import { hash } from "node:crypto";
import { decide } from "../before/chain.ts";
import type { BeforeObserver, Request } from "../before/ports.ts";
import { Responder } from "../before/responder.ts";
import { beforeTiming, createGroupConsumer } from "../kafka/consume/consumer.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { parseRequestHeaders } from "../kafka/records/headers.ts";
import { createReader } from "../kafka/records/reader.ts";
import { createReplier } from "../kafka/records/replies.ts";
import { openVerdictWriter, type VerdictWriter } from "../kafka/records/verdict-codec.ts";
import { type PartitionCounts, watchPartitionCounts } from "../kafka/topics/partition-counts.ts";
import { type InboundRecord, sequenceOf } from "../model/record.ts";
import { LoopLag } from "../observe/loop-lag.ts";
import { traceVerdict } from "../observe/traces.ts";
import { AskedHandlers } from "./asked-handlers.ts";
import { acknowledgeMs, lingerMs } from "./best-effort-log.ts";
import { both } from "./both.ts";
import { countdown } from "./countdown.ts";
import { createDecisionLog } from "./decision-log.ts";
import { composeExecutionLog } from "./execution-log.ts";
import { composeTasks } from "./handler-tasks.ts";
import { beatTimeoutMs, createHeartbeat } from "./heartbeat.ts";
import type { LiveSet } from "./running-set.ts";
import { composeShadows } from "./shadow-pool.ts";
import { type ComposedStage, closeMs, type StageParts, waitingFor } from "./stage.ts";
import { untilItWorks } from "./until-it-works.ts";
import { warmCodecs } from "./warm-codecs.ts";

/** Requests in, verdicts out: one consumer group over every topic of requests. */
export function composeBefore(parts: StageParts, live: LiveSet, observer: BeforeObserver): ComposedStage {
  const { settings, topics, client, registry, logger, clock, instanceId } = parts;
  const executions = composeExecutionLog(parts);
  const tasks = composeTasks(parts, "before", executions.asked);
  const shadows = composeShadows(parts, executions.asked);
  const producer = createRecordProducer(client, { timeoutMs: settings.before.deadlineMs });
  let writer: VerdictWriter | null = null;
  let counts: PartitionCounts | null = null;

  const replyTopics = settings.topics.reply.length > 0 ? settings.topics.reply : [topics.verdicts];
  const replier = createReplier({
    producer,
    allowedTopics: replyTopics,
    hasPartition: (topic, partition) => counts?.has(topic, partition) ?? false,
    encode: (verdict, dataValue) => {
      if (writer === null) throw new Error("the verdict schema is not open yet");
      return writer.encode(verdict, dataValue);
    },
  });
  const consumer = createGroupConsumer(client, {
    groupId: `${settings.topics.groupPrefix}.before`,
    topics: Object.values(topics.before),
    sink: { assigned: (partitions) => responder.assigned(partitions), accept: (records) => responder.accept(records) },
    onGaveUp: parts.onGaveUp,
    timing: beforeTiming,
  });
  const heartbeat = createHeartbeat({
    ...{ registry, clock, logger, topic: topics.bridges, instanceId },
    producer: createRecordProducer(client, { timeoutMs: beatTimeoutMs }),
    handlers: () => asked.current.handlers,
    onFailed: () => parts.metrics.heartbeatFailures.inc(),
  });
  const decisions = createDecisionLog({
    ...{ registry, clock, logger, topic: topics.decisions, instanceId },
    producer: createRecordProducer(client, { timeoutMs: acknowledgeMs, lingerMs }),
    onDropped: (reason, count) => parts.metrics.decisionsDropped.inc({ reason }, count),
  });
  const asked = new AskedHandlers(live, {
    clock,
    prepare: (handlers) => warmCodecs(registry, topics, handlers),
    swapped: ({ handlers, shadowing }) => {
      tasks.use(handlers.filter(({ mode }) => mode !== "shadow"));
      shadows.use(shadowing);
      heartbeat.now();
    },
  });
  const lag = new LoopLag(clock);
  const responder: Responder = new Responder(
    {
      source: consumer,
      reader: createReader({ registry }),
      requestOf,
      decide: async (question) => {
        // One list from a request's start to its end, whatever changes meanwhile.
        const { handlers, shadowing } = asked.current;
        const decided = await traceVerdict(question, (traced) => decide(traced, handlers, { tasks, clock }));
        shadows.follow(question, decided, shadowing);
        return decided;
      },
      replier,
      observer: both(observer, decisions),
      clock,
      bypassed: () => clock.epochMs() < (live.current.bypassUntilMs ?? 0),
      lagMs: () => (lag.isTooMuch ? lag.worstMs : 0),
    },
    { ...settings.before, commitEveryMs: 200 },
  );
  parts.metrics.observeGauge("requests_in_flight", "Requests being answered.", null, () => [["", responder.inFlight]]);
  parts.metrics.observeGauge("requests_in_flight_bytes", "Bytes of the requests being answered.", null, () => [
    ["", responder.inFlightBytes],
  ]);

  parts.metrics.observeGauge("event_loop_lag_seconds", "How late the verdicts' event loop is at worst.", null, () => [
    ["", lag.worstMs / 1000],
  ]);

  const checks = [
    { name: "before: event loop keeps up", holds: () => !lag.isTooMuch },
    { name: "before: partitions assigned", holds: () => consumer.state() === "assigned" },
    { name: "before: producer ready", holds: () => producer.ready() },
  ];
  return {
    checks,
    revision: () => asked.current.revision,
    status() {
      const { revision, problems } = asked.current;
      return {
        ...{ handlersRevision: revision, problems, waitingFor: waitingFor(checks), loopLagMs: lag.worstMs },
        breakers: [...tasks.breakers(), ...shadows.breakers()],
        groups: [],
      };
    },
    async start(signal) {
      writer = await untilItWorks("the schema registry", logger, signal, () =>
        openVerdictWriter(registry, topics.verdicts),
      );
      await asked.start();
      await untilItWorks("the brokers", logger, signal, () => producer.connect());
      counts = await untilItWorks("the brokers", logger, signal, () => watchPartitionCounts(client, replyTopics));
      executions.start();
      await consumer.start(signal);
      lag.start();
      heartbeat.start();
      decisions.start();
    },
    async stop(drainMs) {
      asked.stop();
      lag.stop();
      const leftMs = countdown(clock, drainMs + closeMs);
      const shadowsGone = shadows.close();
      await responder.drain(drainMs);
      await consumer.stop(leftMs());
      await Promise.all([
        producer.close(leftMs()),
        heartbeat.stop(Math.min(beatTimeoutMs, leftMs())),
        decisions.stop(Math.min(acknowledgeMs, leftMs())),
      ]);
      counts?.close();
      await Promise.all([tasks.close(leftMs()), shadowsGone]);
      await executions.stop(leftMs());
    },
  };
}

function requestOf(record: InboundRecord): Request {
  const headers = parseRequestHeaders(record.headers);
  return {
    operationId: headers.operationId ?? sequenceOf(record),
    attempt: headers.attempt,
    baseVersion: headers.baseVersion ?? null,
    dataHash: hash("sha256", record.value ?? ""),
    deadlineMs: headers.deadlineMs,
    budgetMs: headers.budgetMs,
  };
}

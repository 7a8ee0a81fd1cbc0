import type { AfterObserver } from "../after/ports.ts";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { openExecutionWriter } from "../kafka/records/execution-codec.ts";
import type { Execution } from "../model/execution.ts";
import { type AskReport, askedExecution, attemptedExecution } from "../observe/execution-record.ts";
import { acknowledgeMs, BestEffortLog, lingerMs } from "./best-effort-log.ts";
import type { StageParts } from "./stage.ts";

/** What is kept of calls: all of them, those that failed, or none (EXECUTION_LOG). */
export interface ExecutionLog extends Pick<AfterObserver, "attempted"> {
  readonly asked: (report: AskReport) => void;
  start(): void;
  /** Writes what waits; bounded. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
}

const bounds = { maxWaiting: 50_000, maxWaitingBytes: 32 * 1024 * 1024, maxOut: 4000 } as const;

/** Writes every call of a stage's handlers to the topic of executions; one log a stage. */
export function composeExecutionLog(parts: StageParts): ExecutionLog {
  const { client, clock, instanceId, logger, metrics, registry, settings, topics } = parts;
  const { keep } = settings.executions;
  if (keep === "off") return { attempted: noop, asked: noop, start: noop, stop: () => Promise.resolve() };
  const topic = topics.executions;
  const log = new BestEffortLog<Execution>({
    ...{ clock, logger, topic, ...bounds },
    producer: createRecordProducer(client, { timeoutMs: acknowledgeMs, lingerMs }),
    onDropped: (reason, count) => metrics.executionsDropped.inc({ reason }, count),
    complaint: "executions are not written: deliveries and verdicts go on without",
    open: async () => {
      const writer = await openExecutionWriter(registry, topic);
      return (execution) => ({ key: execution.handler, value: writer.encode(execution) });
    },
  });
  const isKept = ({ kind }: { readonly kind: string }): boolean => keep === "on" || kind === "failure";
  return {
    attempted(report) {
      // A delivery that waits behind an open breaker or for its turn comes by here again and again: it was not called.
      if (report.disposition.kind === "retry" && !report.disposition.spends) return;
      if (isKept(report.outcome)) log.write(() => attemptedExecution(instanceId, clock.epochMs(), report));
    },
    asked: (report) => {
      if (isKept(report.outcome)) log.write(() => askedExecution(instanceId, clock.epochMs(), report));
    },
    start: () => log.start(),
    stop: (deadlineMs) => log.stop(Math.min(acknowledgeMs, deadlineMs)),
  };
}

function noop(): void {
  // nothing is kept
}

import { hostname } from "node:os";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { openInstanceStatusWriter } from "../kafka/records/instance-status-codec.ts";
import type { Timer } from "../model/clock.ts";
import type { InstanceStatus } from "../model/instance-status.ts";
import { PeriodicRecord } from "./periodic-record.ts";
import type { ComposedStage, StageParts, StageStatus } from "./stage.ts";
import { version } from "./version.ts";

/** One that is older than the next is worth nothing. */
const reportEveryMs = 2000;
/** Who changes handlers waits for it to be told that they run. */
const lookEveryMs = 200;

export interface InstanceReport {
  /** Returns at once. */
  start(): void;
  /** Takes the instance off the topic; resolves within `deadlineMs` and four seconds. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Tells operators how this instance does, from its start to its end, on a topic of its own: billing cores listen to the
 * heartbeats, and an instance there that only delivers would make them take it for one that they could ask.
 */
export function createInstanceReport(
  parts: StageParts,
  stage: string,
  waitingFor: () => readonly string[],
  stages: readonly Pick<ComposedStage, "status" | "revision">[],
): InstanceReport {
  const { client, clock, instanceId, logger, metrics, registry } = parts;
  const topic = parts.topics.instances;
  const startedAt = isoTime(clock.epochMs());
  let told: number | null = null;
  const record = new PeriodicRecord({
    ...{ clock, logger, topic },
    producer: createRecordProducer(client, { timeoutMs: reportEveryMs }),
    key: instanceId,
    everyMs: reportEveryMs,
    complaint: "the instance's status is not written: operators do not see how it does",
    onFailed: () => metrics.statusFailures.inc(),
    async open() {
      const writer = await openInstanceStatusWriter(registry, topic);
      return () => {
        const said = together(
          waitingFor(),
          stages.map((one) => one.status()),
        );
        told = said.handlersRevision;
        return writer.encode({
          ...{ instanceId, stage, version, startedAt, ...said },
          host: hostname(),
          at: isoTime(clock.epochMs()),
        });
      };
    },
  });
  let timer: Timer | null = null;
  const look = (): void => {
    // Before the first one is out there is nothing that would be out of date.
    if (told !== null && told !== Math.min(...stages.map((one) => one.revision()))) record.now();
    timer = clock.after(lookEveryMs, look);
  };
  return {
    start() {
      record.start();
      look();
    },
    stop(deadlineMs) {
      timer?.cancel();
      return record.stop(deadlineMs);
    },
  };
}

/** What the stages say, as what the instance says. Pure. */
export function together(
  waitingFor: readonly string[],
  stages: readonly StageStatus[],
): Omit<InstanceStatus, "instanceId" | "host" | "stage" | "version" | "startedAt" | "at"> {
  const lags = stages.flatMap(({ loopLagMs }) => (loopLagMs === null ? [] : [loopLagMs]));
  const problems = stages.flatMap((stage) => stage.problems);
  return {
    // The instance runs a revision once all of it does.
    handlersRevision: Math.min(...stages.map(({ handlersRevision }) => handlersRevision)),
    problems: [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()],
    waitingFor: [...new Set([...waitingFor, ...stages.flatMap((stage) => stage.waitingFor)])],
    loopLagMs: lags.length === 0 ? null : Math.max(...lags),
    breakers: stages.flatMap((stage) => stage.breakers),
    groups: stages.flatMap((stage) => stage.groups),
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

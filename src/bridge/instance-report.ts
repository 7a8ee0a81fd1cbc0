import { hostname } from "node:os";
import { createRecordProducer } from "../kafka/produce/producer.ts";
import { openInstanceStatusWriter } from "../kafka/records/instance-status-codec.ts";
import type { InstanceStatus } from "../model/instance-status.ts";
import { PeriodicRecord } from "./periodic-record.ts";
import type { StageParts, StageStatus } from "./stage.ts";
import { version } from "./version.ts";

/** One that is older than the next is worth nothing. */
const reportEveryMs = 2000;

/**
 * Tells operators how this instance does, from its start to its end, on a topic of its own: billing cores listen to the
 * heartbeats, and an instance there that only delivers would make them take it for one that they could ask.
 */
export function createInstanceReport(
  parts: StageParts,
  stage: string,
  waitingFor: () => readonly string[],
  stages: () => readonly StageStatus[],
): PeriodicRecord {
  const { client, clock, instanceId, logger, metrics, registry } = parts;
  const topic = parts.topics.instances;
  const startedAt = isoTime(clock.epochMs());
  return new PeriodicRecord({
    ...{ clock, logger, topic },
    producer: createRecordProducer(client, { timeoutMs: reportEveryMs }),
    key: instanceId,
    everyMs: reportEveryMs,
    complaint: "the instance's status is not written: operators do not see how it does",
    onFailed: () => metrics.statusFailures.inc(),
    async open() {
      const writer = await openInstanceStatusWriter(registry, topic);
      return () =>
        writer.encode({
          ...{ instanceId, stage, version, startedAt },
          host: hostname(),
          at: isoTime(clock.epochMs()),
          ...together(waitingFor(), stages()),
        });
    },
  });
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

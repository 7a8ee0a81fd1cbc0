import type { BeforeObserver } from "../before/ports.ts";
import { openDecisionWriter } from "../kafka/records/decision-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { DecisionRecord } from "../model/decision.ts";
import { decisionRecord } from "../observe/decision-record.ts";
import { BestEffortLog, type BestEffortLogParts } from "./best-effort-log.ts";

export interface DecisionLogParts
  extends Pick<BestEffortLogParts<DecisionRecord>, "producer" | "topic" | "clock" | "logger" | "onDropped"> {
  readonly registry: Pick<Registry, "recordBySchema">;
  readonly instanceId: string;
  /** [10,000 decisions, 16 MiB] */
  readonly maxWaiting?: number;
  readonly maxWaitingBytes?: number;
}

export interface DecisionLog extends Pick<BeforeObserver, "decided"> {
  start(): void;
  stop(deadlineMs: number): Promise<void>;
}

/** Writes how each verdict came about, once its reply is out. */
export function createDecisionLog(parts: DecisionLogParts): DecisionLog {
  const { instanceId, registry, topic } = parts;
  const log = new BestEffortLog<DecisionRecord>({
    maxWaiting: 10_000,
    maxWaitingBytes: 16 * 1024 * 1024,
    ...parts,
    maxOut: 2000,
    complaint: "decisions are not written: verdicts go on without",
    open: async () => {
      const writer = await openDecisionWriter(registry, topic);
      return (decision) => ({ key: decision.operationId, value: writer.encode(decision) });
    },
  });
  return {
    decided: (...what) => log.write(() => decisionRecord(instanceId, ...what)),
    start: () => log.start(),
    stop: (deadlineMs) => log.stop(deadlineMs),
  };
}

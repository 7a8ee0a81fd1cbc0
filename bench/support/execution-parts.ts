import { BestEffortLog } from "../../src/bridge/best-effort-log.ts";
import { createAvroRecord } from "../../src/kafka/codec/avro-record.ts";
import { openExecutionWriter } from "../../src/kafka/records/execution-codec.ts";
import { executionSchema } from "../../src/kafka/registry/schemas.ts";
import { renderBody } from "../../src/model/body.ts";
import { systemClock } from "../../src/model/clock.ts";
import { dispositionOf } from "../../src/model/disposition.ts";
import type { BridgeEvent } from "../../src/model/event.ts";
import type { Execution } from "../../src/model/execution.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { defaultRetryPolicy } from "../../src/model/retry-policy.ts";
import { attemptedExecution } from "../../src/observe/execution-record.ts";
import { exchangeOf } from "../../src/tasks/exchange.ts";

const answer = Buffer.from('{"ok":true,"seen":"7"}');

/** What makes the execution log's entry about a delivery of the event, masked and whole. */
export function entryMaker(event: BridgeEvent): () => Execution {
  const call = { event, key: "7", deliveryId: "d-1", attempt: 1, sequence: "billing.clients/0/1", timeoutMs: 1000 };
  const body = renderBody(event, "string");
  const handler = { id: "crm", group: "crm", retry: defaultRetryPolicy } as never;
  const disposition = { ...dispositionOf({ kind: "timeout", detail: "" }), kind: "accept" } as never;
  return () => {
    const exchange = exchangeOf(call, body, { bytes: answer, complete: true, status: 200 }, 4096);
    const outcome = { kind: "delivered", status: 200, response: "", exchange } as const;
    const usual = { group: "crm", handler, call, disposition, ms: 3, delayMs: 20, retryInMs: null };
    return attemptedExecution("i", Date.now(), { ...usual, outcome });
  };
}

/** The execution log with a producer that acknowledges at once. */
export async function openExecutionLog(): Promise<BestEffortLog<Execution>> {
  const record = createAvroRecord(1, executionSchema.text);
  const writer = await openExecutionWriter({ recordBySchema: () => Promise.resolve(record) }, "t");
  const log = new BestEffortLog<Execution>({
    ...{ clock: systemClock, logger: silentLogger, topic: "t", complaint: "", onDropped: () => undefined },
    ...{ maxWaiting: 50_000, maxWaitingBytes: 2 ** 25, maxOut: 4000 },
    producer: { send: () => Promise.resolve({ partition: 0, offset: 0 }), close: () => Promise.resolve() },
    open: () => Promise.resolve((execution) => ({ key: execution.handler, value: writer.encode(execution) })),
  });
  log.start();
  await new Promise(setImmediate);
  return log;
}

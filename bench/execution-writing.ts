/**
 * What the execution log costs the thread that delivers, an attempt: the entry made, masked and encoded, and the queue of
 * its topic; beside what the body of the same event costs alone. Without a broker: `node bench/execution-writing.ts`.
 */
import { BestEffortLog } from "../src/bridge/best-effort-log.ts";
import { createAvroRecord } from "../src/kafka/codec/avro-record.ts";
import { openExecutionWriter } from "../src/kafka/records/execution-codec.ts";
import { executionSchema, schemaOfEvent, shapeOfEvent } from "../src/kafka/registry/schemas.ts";
import { renderBody } from "../src/model/body.ts";
import { systemClock } from "../src/model/clock.ts";
import { dispositionOf } from "../src/model/disposition.ts";
import type { BridgeEvent } from "../src/model/event.ts";
import { eventCatalogue } from "../src/model/event-catalogue.ts";
import type { Execution } from "../src/model/execution.ts";
import { silentLogger } from "../src/model/logger.ts";
import { defaultRetryPolicy } from "../src/model/retry-policy.ts";
import { attemptedExecution } from "../src/observe/execution-record.ts";
import { exchangeOf } from "../src/tasks/exchange.ts";

const rounds = 100_000;
const record = createAvroRecord(1, executionSchema.text);
const writer = await openExecutionWriter({ recordBySchema: () => Promise.resolve(record) }, "t");

function eventOf(id: string, data: BridgeEvent["data"]): BridgeEvent {
  const type = eventCatalogue.find((one) => one.id === id);
  if (type === undefined) throw new Error(id);
  schemaOfEvent(type);
  const shape = shapeOfEvent(type);
  return {
    id,
    type: id,
    ceId: "1",
    source: "/b",
    time: "2026-01-01T00:00:00Z",
    objectId: "7",
    traceparent: undefined,
    shape,
    data,
  };
}

const words = "all that a client's record says about itself ".repeat(8);
const events = {
  "without a secret": eventOf("clients.update", { id: 7, name: "Ann", notes: words }),
  "with a secret": eventOf("clients.accounts.update", { id: 7, password: "s3cret-pa55", notes: words }),
};
const answer = Buffer.from('{"ok":true,"seen":"7"}');

async function micros(work: (at: number) => void): Promise<number> {
  const half = (from: number, to: number): void => {
    for (let at = from; at < to; at++) work(at);
  };
  half(0, rounds / 10);
  const cpu = process.cpuUsage();
  for (let from = 0; from < rounds; from += 1000) {
    half(from, from + 1000);
    await new Promise(setImmediate);
  }
  const { system, user } = process.cpuUsage(cpu);
  return (user + system) / rounds;
}

for (const [name, event] of Object.entries(events)) {
  const call = { event, key: "7", deliveryId: "d-1", attempt: 1, sequence: "billing.clients/0/1", timeoutMs: 1000 };
  const body = renderBody(event, "string");
  const handler = { id: "crm", group: "crm", retry: defaultRetryPolicy } as never;
  const entry = (): Execution => {
    const exchange = exchangeOf(call, body, { bytes: answer, complete: true, status: 200 }, 4096);
    const outcome = { kind: "delivered", status: 200, response: "", exchange } as const;
    const disposition = { ...dispositionOf({ kind: "timeout", detail: "" }), kind: "accept" } as never;
    return attemptedExecution("i", Date.now(), {
      group: "crm",
      handler,
      call,
      outcome,
      disposition,
      ms: 3,
      delayMs: 20,
      retryInMs: null,
    });
  };
  const log = new BestEffortLog<Execution>({
    ...{ clock: systemClock, logger: silentLogger, topic: "t", complaint: "", onDropped: () => undefined },
    ...{ maxWaiting: 50_000, maxWaitingBytes: 2 ** 25, maxOut: 4000 },
    producer: { send: () => Promise.resolve({ partition: 0, offset: 0 }), close: () => Promise.resolve() },
    open: () => Promise.resolve((execution) => ({ key: execution.handler, value: writer.encode(execution) })),
  });
  log.start();
  await new Promise(setImmediate);
  const rendering = await micros(() => renderBody(event, "string"));
  const making = await micros(() => entry());
  const all = await micros(() => log.write(entry));
  console.log(
    `${name} (${body.length} bytes): body ${rendering.toFixed(1)} µs, entry ${making.toFixed(1)} µs, ` +
      `entry encoded and handed over ${all.toFixed(1)} µs of CPU; 20,000 a second: ${((all * 20_000) / 10_000).toFixed(0)} % of a core`,
  );
}
process.exit(0);

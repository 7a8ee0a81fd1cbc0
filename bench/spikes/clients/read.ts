/**
 * What a record costs to read, up to the record that the bridge hands on. The topic holds requests; the first `warmup` are
 * not counted, the next `records` are. Prints one JSON line. `ours` is the group consumer that the bridge has.
 */
import { createKafkaClient } from "../../../src/kafka/connection/client.ts";
import { beforeTiming, createGroupConsumer } from "../../../src/kafka/consume/consumer.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import { floorWaitMs } from "../../floor/client.ts";
import { cpuSeconds } from "../../support/process-usage.ts";
import { connection } from "./connection.ts";
import { libraryOf } from "./library.ts";

const [name = "", brokers = "", topic = "", warmup = "1000", records = "10000"] = process.argv.slice(2);
let read = 0;
let startMs = 0;
let cpuBefore = 0;
let countedFrom = 0;
let over = false;

function accept(batch: readonly InboundRecord[]): void {
  if (over) return;
  read += batch.length;
  if (startMs === 0 && read >= Number(warmup)) {
    countedFrom = read;
    startMs = performance.now();
    cpuBefore = cpuSeconds(process.pid);
  } else if (read >= Number(warmup) + Number(records)) {
    over = true;
    const counted = read - countedFrom;
    const seconds = (performance.now() - startMs) / 1000;
    const result = { perSecond: counted / seconds, cpuMicros: ((cpuSeconds(process.pid) - cpuBefore) * 1e6) / counted };
    process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
  }
}

if (name === "ours") {
  const consumer = createGroupConsumer(createKafkaClient(connection(brokers), silentLogger), {
    groupId: `${topic}.${process.pid}`,
    topics: [topic],
    sink: { assigned: () => undefined, accept },
    onGaveUp: (error) => {
      throw error;
    },
    // Fetches as large as everybody's here.
    timing: { ...beforeTiming, maxWaitMs: floorWaitMs },
  });
  await consumer.start(new AbortController().signal);
} else {
  await (await libraryOf(name)).read(brokers, topic, accept);
}

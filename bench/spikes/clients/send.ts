/**
 * What a record costs to send, behind the port of the bridge's producer: so many batches of so many requests, one after
 * another. Prints one JSON line. `ours` is the sender that the bridge has.
 */
import { createKafkaClient } from "../../../src/kafka/connection/client.ts";
import { createRecordProducer, GroupCommitProducer, type RecordProducer } from "../../../src/kafka/produce/producer.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { cpuSeconds } from "../../support/process-usage.ts";
import { connection } from "./connection.ts";
import { libraryOf } from "./library.ts";
import { requestRecord } from "./request-records.ts";

const [name = "", brokers = "", topic = "", size = "50", batches = "100"] = process.argv.slice(2);

async function producerOf(): Promise<RecordProducer> {
  if (name === "ours") return createRecordProducer(createKafkaClient(connection(brokers), silentLogger));
  const sender = (await libraryOf(name)).sender(brokers);
  return new GroupCommitProducer(sender, systemClock, {});
}

const producer = await producerOf();
await producer.connect();
let number = 0;

async function sendBatches(count: number): Promise<void> {
  for (let batch = 0; batch < count; batch++) {
    const records = Array.from({ length: Number(size) }, () => requestRecord(topic, number++));
    await Promise.all(records.map((record) => producer.send(record)));
  }
}

await sendBatches(Math.ceil(Number(batches) / 2));
const cpuBefore = cpuSeconds(process.pid);
const startMs = performance.now();
await sendBatches(Number(batches));
const seconds = (performance.now() - startMs) / 1000;
const records = Number(size) * Number(batches);
const result = { perSecond: records / seconds, cpuMicros: ((cpuSeconds(process.pid) - cpuBefore) * 1e6) / records };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

/**
 * What a bridge of kafkajs and undici could do at most if it promised nothing: every record of a batch is POSTed at once,
 * up to IN_FLIGHT over all partitions. No order per key, no retry, no log, no decoding.
 */
import kafkajs from "kafkajs";
import { Pool } from "undici";

const [brokers = "", topic = "", url = "", places = "64"] = process.argv.slice(2);
const inFlightMost = Number(places);
const target = new URL(url);
const pool = new Pool(target.origin, { connections: inFlightMost, pipelining: 1 });
const headers = ["content-type", "application/json"];
const waiting: (() => void)[] = [];
let inFlight = 0;

function post(body: Buffer, done: () => void): void {
  pool.dispatch(
    { method: "POST", path: target.pathname, headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: () => undefined,
      onResponseEnd: done,
      onResponseError: done,
    },
  );
}

async function deliver(values: readonly (Buffer | null)[]): Promise<void> {
  let open = 1;
  const answered = Promise.withResolvers<undefined>();
  const close = (): void => {
    if (--open === 0) answered.resolve(undefined);
  };
  for (const value of values) {
    while (inFlight >= inFlightMost) await new Promise<void>((resolve) => waiting.push(resolve));
    inFlight++;
    open++;
    post(value ?? Buffer.alloc(0), () => {
      inFlight--;
      waiting.shift()?.();
      close();
    });
  }
  close();
  await answered.promise;
}

const kafka = new kafkajs.Kafka({ clientId: "floor", brokers: brokers.split(","), logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `${topic}.floor.${process.pid}`, maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 6,
  eachBatch: ({ batch }) => deliver(batch.messages.map(({ value }) => value)),
});

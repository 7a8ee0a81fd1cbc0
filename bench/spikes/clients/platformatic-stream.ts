import { Consumer } from "@platformatic/kafka";
import { floorWaitMs } from "../../floor/client.ts";
import type { Library } from "./library.ts";
import { headersOf, platformatic } from "./platformatic.ts";

/** Reading as its documentation says to. */
export const platformaticStream: Library = {
  ...platformatic,
  async read(brokers, topic, accept) {
    const consumer = new Consumer({
      groupId: `${topic}.${process.pid}`,
      clientId: "spike",
      bootstrapBrokers: brokers.split(","),
    });
    const stream = await consumer.consume({
      topics: [topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: floorWaitMs,
      maxBytes: 10_485_760,
      maxBytesPerPartition: 1_048_576,
    });
    stream.on("data", ({ headerEntries, key, offset, partition, timestamp, value }) => {
      accept([
        {
          topic,
          partition,
          offset: Number(offset),
          timestampMs: Number(timestamp),
          key: Buffer.from(key),
          value: Buffer.from(value),
          headers: headersOf(headerEntries),
        },
      ]);
    });
  },
};

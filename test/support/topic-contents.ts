import type { Admin, Kafka } from "kafkajs";
import type { InboundRecord } from "../../src/model/record.ts";

/** Everything a topic holds now, by partition and offset, read by a group of its own; rejects after 20 s. */
export async function topicContents(
  { admin, kafka }: { readonly kafka: Kafka; readonly admin: Admin },
  topic: string,
  groupId: string,
): Promise<readonly InboundRecord[]> {
  const ends = (await admin.fetchTopicOffsets(topic)).filter(({ high, low }) => high !== low);
  const wanted = new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  if (wanted.size === 0) return [];
  const found: InboundRecord[] = [];
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${topic} could not be read within 20 s`)), 20_000);
      const eachBatch: NonNullable<Parameters<typeof consumer.run>[0]>["eachBatch"] = ({ batch }) => {
        for (const { headers = {}, key, offset, timestamp, value } of batch.messages) {
          const at = { topic, partition: batch.partition, offset: Number(offset), timestampMs: Number(timestamp) };
          found.push({ ...at, key, value, headers });
        }
        if (Number(batch.lastOffset()) + 1 >= (wanted.get(batch.partition) ?? 0)) wanted.delete(batch.partition);
        if (wanted.size === 0) {
          clearTimeout(late);
          resolve();
        }
        return Promise.resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

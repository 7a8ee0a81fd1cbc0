import type { RecordHeaders } from "../../../src/model/record.ts";
import type { FreshTopics } from "../fresh-topics.ts";

const mark = "doubled";

/** Writes every request about clients a second time, with all its headers, as a producer does that did not hear an acknowledgement. */
export async function doubleRequests(topics: FreshTopics): Promise<{ readonly stop: () => Promise<void> }> {
  const topic = topics.names.before.clients ?? "";
  const consumer = topics.client.kafka.consumer({ groupId: `${topics.prefix}.doubler`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { headers = {}, key, value } }) => {
      if (headers[mark] !== undefined) return;
      await topics.producer.send({ topic, key, value, headers: { ...single(headers), [mark]: "1" } });
    },
  });
  await joined;
  return { stop: () => consumer.disconnect() };
}

function single(headers: RecordHeaders): Record<string, string | Buffer> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value[0] : value] as const,
  );
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

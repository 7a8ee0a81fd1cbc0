/** A member of a group in a process of its own: `node group-member.ts GROUP TOPIC`; prints its partitions at each join. */
import { beforeTiming, createGroupConsumer } from "../../src/kafka/consume/consumer.ts";
import { testClient } from "./kafka.ts";

const [groupId = "", topic = ""] = process.argv.slice(2);
const consumer = createGroupConsumer(testClient(), {
  groupId,
  topics: [topic],
  sink: {
    assigned: (partitions) =>
      void process.stdout.write(`${JSON.stringify(partitions.map(({ partition }) => partition))}\n`),
    accept: () => undefined,
  },
  onGaveUp: (error) => {
    throw error;
  },
  timing: beforeTiming,
});
await consumer.start(new AbortController().signal);

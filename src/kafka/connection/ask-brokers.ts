import type { Admin } from "kafkajs";
import type { KafkaClient } from "./client.ts";
import { disconnectWithin } from "./connect-within.ts";
import { persistently } from "./persistently.ts";

const disconnectMs = 1000;
/** About two seconds in all: nobody waits for more of it behind a close. Milliseconds. */
const retry = { retries: 4, initialRetryTime: 100, maxRetryTime: 1000 } as const;

/**
 * One question to the brokers, over a connection of its own each time it has to be asked again: kafkajs's admin keeps what
 * it knew of a partition's leader, and gives up at the first "not the leader", which a topic made a moment ago answers.
 * Throws as `persistently` does, `timeoutMs` milliseconds later at the latest.
 */
export function askBrokers<T>(
  client: Pick<KafkaClient, "own">,
  what: string,
  timeoutMs: number,
  ask: (admin: Admin) => Promise<T>,
): Promise<T> {
  return persistently(what, performance.now() + timeoutMs, async () => {
    const { kafka, dropSockets } = client.own();
    const admin = kafka.admin({ retry });
    try {
      await admin.connect();
      return await ask(admin);
    } finally {
      await disconnectWithin(disconnectMs, dropSockets, admin);
    }
  });
}

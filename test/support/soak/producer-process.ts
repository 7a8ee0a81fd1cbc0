/** A billing core as a process of its own: `node producer-process.ts JOURNAL BROKERS REGISTRY PREFIX SEED`. Writes down what was acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "../../../src/errors.ts";
import { createBillingClient } from "../../../src/sdk/billing-client.ts";
import type { BillingEvent } from "../../../src/sdk/billing-event.ts";
import type { EventId } from "../../../src/sdk/generated/events.ts";
import { answerQuestions } from "./child.ts";
import { Journal } from "./journal.ts";
import type { ProducerEntry, ProducerLoad, ProducerQuestion, Published } from "./remote-producer.ts";
import { seeded } from "./seeded.ts";

const [file = "", brokers = "", registry = "", topicPrefix = "", seed = "0"] = process.argv.slice(2);
const journal = new Journal(file);
const random = seeded(Number(seed));
const core = await createBillingClient({
  kafka: { brokers: brokers.split(","), clientId: "soak", connectionTimeoutMs: 2000, requestTimeoutMs: 10_000 },
  registry: { url: registry },
  source: "/soak/core",
  topicPrefix,
  requests: false,
  events: ["clients.update", "clients.archive", "clients.create"],
  connectTimeoutMs: 60_000,
  // Longer than any outage here: what is published is acknowledged in the end.
  publishTimeoutMs: 180_000,
});

const mostPending = 4000;
let acknowledged = 0;
let pending = 0;
let number = 0;
let running: Promise<void> | null = null;
let stopped = false;

async function publish<Id extends EventId>(key: string, event: BillingEvent<Id>): Promise<Published> {
  const ceId = `soak-${topicPrefix}-${number++}`;
  const sentMs = Date.now();
  pending++;
  try {
    const { topic, partition, offset } = await core.publish({ ...event, ceId });
    const entry: ProducerEntry = { kind: "sent", ceId, key, topic, partition, offset, sentMs };
    journal.add(entry);
    acknowledged++;
    return { kind: "acknowledged", ceId };
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : String(error);
    const entry: ProducerEntry = { kind: "unsure", ceId, code };
    journal.add(entry);
    return { kind: "refused", code };
  } finally {
    pending--;
  }
}

async function run({ count, firstKey = 1, keys, pad = 0, perSecond }: ProducerLoad): Promise<void> {
  const startMs = performance.now();
  const c_address = "x".repeat(pad);
  let published = 0;
  const all: Promise<unknown>[] = [];
  while (!stopped && (count === null || published < count)) {
    const due = Math.floor(((performance.now() - startMs) * perSecond) / 1000);
    for (; published < Math.min(due, count ?? due) && pending < mostPending; published++) {
      const id = firstKey + Math.floor(random() * keys);
      const data = { id, name: `number ${number}`, ...(pad > 0 ? { c_address } : {}) };
      all.push(publish(String(id), { id: "clients.update", data }));
    }
    await sleep(5);
  }
  await Promise.all(all);
}

answerQuestions(
  (question: ProducerQuestion) => {
    switch (question.kind) {
      case "begin":
        stopped = false;
        running = run(question.load);
        return null;
      case "end":
        stopped = true;
        return running?.then(() => acknowledged);
      case "wait":
        return running?.then(() => acknowledged);
      case "acknowledged":
        return acknowledged;
      case "one":
        return publish(question.key, question.event as BillingEvent);
      case "flush":
        journal.flush();
        return null;
    }
  },
  async () => {
    journal.flush();
    await core.close();
  },
);

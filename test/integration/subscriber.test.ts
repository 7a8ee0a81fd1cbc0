import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BridgeError } from "../../src/errors.ts";
import { readDeadLetter, type StoredDeadLetter } from "../../src/kafka/records/dead-letter-codec.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { type Delivery, PermanentFailure } from "../../src/sdk/delivery.ts";
import { createSubscriber } from "../../src/sdk/subscriber.ts";
import type { Subscriber, SubscriberOptions } from "../../src/sdk/subscriber-options.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";

let topics: FreshTopics;
let core: BillingClient;
const open: Subscriber[] = [];
let groups = 0;

before(async () => {
  topics = await FreshTopics.open({ partitions: 4 });
  core = await topics.core({ requests: false });
});

after(async () => {
  await Promise.all(open.map((subscriber) => subscriber.close()));
  await topics.close();
});

/** A subscriber's options of this test file's topics; a group of its own unless it is given. */
function crm(group = `crm-${++groups}`) {
  return {
    kafka: { brokers: topics.servers.kafkaBrokers.split(","), clientId: "crm" },
    registry: { url: topics.servers.schemaRegistryUrl },
    topicPrefix: topics.prefix,
    groupPrefix: topics.prefix,
    group,
    events: ["clients.update"],
    retry: { scheduleMs: [0, 50, 100], jitter: 0 },
    drainMs: 3000,
  } as const satisfies SubscriberOptions;
}

function kept<S extends Subscriber>(subscriber: S): S {
  open.push(subscriber);
  return subscriber;
}

const update = (id: number, name: string) => core.publish({ id: "clients.update", data: { id, name } });

async function letters(group: string): Promise<readonly StoredDeadLetter[]> {
  const records = await topics.contents(topics.names.deadLetters);
  const readings = await Promise.all(
    records.map(({ value }) => readDeadLetter(topics.registry, value ?? Buffer.alloc(0))),
  );
  return readings.flatMap((reading) =>
    reading.kind === "dead-letter" && reading.letter.group === `${topics.prefix}.${group}` ? [reading.letter] : [],
  );
}

describe("a subscriber with a function", () => {
  test("gets each key's events in order, whatever fails, and others' meanwhile", async () => {
    const done: string[] = [];
    const tries = new Map<string, number>();
    const subscriber = kept(
      await createSubscriber({
        ...crm(),
        async handle({ event, attempt, deliveryId }) {
          const name = `${String(event.data.id)}:${event.data.name ?? ""}`;
          tries.set(deliveryId, attempt);
          await new Promise((resolve) => setImmediate(resolve));
          if (Number(event.data.name) % 3 === 0 && attempt < 3) throw new Error("the CRM is busy");
          done.push(name);
        },
      }),
    );
    assert.ok(subscriber.ready());
    const ids = [1, 2, 3, 4, 5];
    for (let name = 0; name < 9; name++) await Promise.all(ids.map((id) => update(id, String(name))));
    await eventually("all are delivered", () => done.length >= 45, 60_000);
    for (const id of ids) {
      const own = done.filter((entry) => entry.startsWith(`${id}:`));
      assert.deepEqual(
        own,
        Array.from({ length: 9 }, (_, name) => `${id}:${name}`),
      );
    }
    assert.equal(tries.size, 45);
    assert.equal([...tries.values()].filter((attempt) => attempt === 3).length, 15);
    const { deadLettered, delivered, failed } = subscriber.counts();
    assert.deepEqual({ deadLettered, delivered, failed }, { deadLettered: 0, delivered: 45, failed: 30 });
    await subscriber.close();
    assert.equal(subscriber.ready(), false);
  });

  test("names what retention took while it was away: counted, and a dead letter with the range", async () => {
    const options = crm();
    const first = kept(await createSubscriber({ ...options, handle: () => undefined }));
    const { offset, partition, topic } = await update(900, "seen");
    await eventually("it is delivered", () => first.counts().delivered === 1, 60_000);
    await first.close();
    for (let name = 0; name < 4; name++) await update(900, String(name));
    // Asked first, so that the client knows where the partition is.
    await topics.admin.fetchTopicOffsets(topic);
    await topics.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset + 4) }] });

    const done: string[] = [];
    const second = kept(
      await createSubscriber({
        ...options,
        handle({ event }) {
          done.push(event.data.name ?? "");
        },
      }),
    );
    await eventually("what is left is delivered", () => done.length === 1, 60_000);
    assert.deepEqual([done, second.counts().lost], [["3"], 3]);
    await eventually("the gap is written", async () => (await letters(options.group)).length === 1, 30_000);
    const [letter] = await letters(options.group);
    assert.deepEqual([letter?.reason, letter?.handler, letter?.record.offset], ["gap", null, offset + 1]);
    await second.close();
  });

  test("makes a dead letter of a permanent failure at once, and goes on with the key", async () => {
    const options = crm();
    const done: string[] = [];
    const subscriber = kept(
      await createSubscriber({
        ...options,
        handle({ event }) {
          if (event.data.name === "bad") throw new PermanentFailure("the CRM has no such client");
          done.push(event.data.name ?? "");
        },
      }),
    );
    await update(7, "bad");
    await update(7, "good");
    await eventually("the next is delivered", () => done.length === 1, 60_000);
    assert.deepEqual(done, ["good"]);
    const [letter, ...more] = await letters(options.group);
    assert.deepEqual(more, []);
    assert.ok(letter !== undefined);
    assert.equal(letter.handler, `${topics.prefix}.${options.group}`);
    assert.equal(letter.reason, "rejected");
    assert.equal(letter.eventId, "clients.update");
    assert.match(letter.detail, /the CRM has no such client/);
    assert.deepEqual(
      letter.attempts.map(({ kind, status }) => ({ kind, status })),
      [{ kind: "status", status: 422 }],
    );
    assert.equal(letter.record.key?.toString(), "7");
    assert.equal(subscriber.counts().deadLettered, 1);
    await subscriber.close();
  });

  test("tells a new group what is kept where it begins at the start, with types and time", async () => {
    const sent = new Date(Date.UTC(2026, 1, 3, 4, 5, 6));
    await core.publish({
      id: "clients.balance_zero",
      data: { clients_id: 31, balance: "-1.50", credit: "0", available: "-1.50" },
      time: sent,
    });
    const found: Delivery<"clients.balance_zero">[] = [];
    const subscriber = kept(
      await createSubscriber({
        ...crm(),
        events: ["clients.balance_zero"],
        from: "start",
        handle: (delivery) => void found.push(delivery),
      }),
    );
    await eventually("it is told", () => found.length === 1, 60_000);
    const [delivery] = found;
    assert.ok(delivery !== undefined);
    assert.equal(delivery.event.id, "clients.balance_zero");
    assert.equal(delivery.event.data.clients_id, 31);
    assert.equal(delivery.event.data.balance, "-1.5");
    assert.equal(delivery.objectId, "31");
    assert.equal(delivery.time, sent.toISOString());
    assert.ok(Object.isFrozen(delivery.event.data));
    assert.match(delivery.sequence, new RegExp(`^${topics.names.facts.balance}/\\d+/\\d+$`));
    await subscriber.close();
  });
});

test("closing waits no longer than it may, tells what is under way, and the next begins with that", async () => {
  const options = { ...crm(), drainMs: 500 };
  const hung: Delivery[] = [];
  const first = kept(
    await createSubscriber({
      ...options,
      handle(delivery) {
        hung.push(delivery);
        return new Promise(() => undefined);
      },
    }),
  );
  await update(40, "x");
  await eventually("it is told", () => hung.length === 1, 60_000);
  assert.equal(first.counts().running, 1);
  await first.close();
  const reason: unknown = hung[0]?.signal.reason;
  assert.ok(reason instanceof BridgeError && reason.code === "CLOSED");

  const again: Delivery[] = [];
  const second = kept(await createSubscriber({ ...options, handle: (delivery) => void again.push(delivery) }));
  await eventually("the next is told", () => again.length === 1, 60_000);
  assert.equal(again[0]?.deliveryId, hung[0]?.deliveryId);
  assert.equal(again[0]?.attempt, 1);
  await second.close();
});

describe("a subscriber that is read", () => {
  test("takes up no more than it may while nobody reads, and each key's next only after the one before", async () => {
    const subscriber = kept(await createSubscriber({ ...crm(), concurrency: 2, attemptTimeoutMs: 1000 }));
    for (const id of [70, 71, 72]) for (const name of ["a", "b"]) await update(id, name);
    await eventually("all are taken in", () => subscriber.counts().unsettled === 6, 60_000);
    // Longer than an attempt may take: its time does not run before it is read.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { failed, overdue, running } = subscriber.counts();
    assert.deepEqual({ failed, overdue, running }, { failed: 0, overdue: 0, running: 2 });
    const open = new Set<string | null>();
    let ends = 0;
    for await (const { done, objectId } of subscriber) {
      assert.ok(!open.has(objectId), "one of a key at a time");
      open.add(objectId);
      assert.ok(open.size <= 2);
      setImmediate(() => {
        open.delete(objectId);
        done();
        ends++;
        if (ends === 6) void subscriber.close();
      });
    }
    // The loop is over when it begins to close; the last one may still be settling.
    await subscriber.close();
    assert.equal(subscriber.counts().delivered, 6);
  });

  test("gives what was not done to the next one, with the same delivery id", async () => {
    const options = crm();
    const first = kept(await createSubscriber(options));
    for (const name of ["a", "b", "c"]) await update(50, name);
    const seen: { readonly name: string | undefined; readonly deliveryId: string }[] = [];
    for await (const { deliveryId, done, event } of first) {
      seen.push({ name: event.data.name, deliveryId });
      if (event.data.name === "b") break;
      done();
    }
    assert.deepEqual(
      seen.map(({ name }) => name),
      ["a", "b"],
    );
    assert.equal(first.ready(), false);

    const again: { readonly name: string | undefined; readonly deliveryId: string }[] = [];
    const second = kept(await createSubscriber(options));
    for await (const { deliveryId, done, event } of second) {
      again.push({ name: event.data.name, deliveryId });
      done();
      if (event.data.name === "c") break;
    }
    assert.deepEqual(
      again.map(({ name }) => name),
      ["b", "c"],
    );
    assert.equal(again[0]?.deliveryId, seen[1]?.deliveryId);
    const lag = await topics.admin.fetchOffsets({
      groupId: `${topics.prefix}.${options.group}`,
      topics: [topics.names.facts.clients],
    });
    const ends = await topics.admin.fetchTopicOffsets(topics.names.facts.clients);
    for (const { partition, offset } of lag[0]?.partitions ?? [])
      assert.equal(offset, ends.find((end) => end.partition === partition)?.high);
  });

  test("retries and rejects as it is told", async () => {
    const options = crm();
    const subscriber = kept(await createSubscriber(options));
    await update(60, "later");
    await update(60, "never");
    await update(60, "last");
    const seen: string[] = [];
    for await (const delivery of subscriber) {
      const name = delivery.event.data.name ?? "";
      seen.push(`${name} ${delivery.attempt}`);
      if (name === "later" && delivery.attempt === 1) delivery.retry("not now");
      else if (name === "never") delivery.reject("no such client");
      else delivery.done();
      if (name === "last") break;
    }
    assert.deepEqual(seen, ["later 1", "later 2", "never 1", "last 1"]);
    assert.deepEqual(
      (await letters(options.group)).map(({ reason }) => reason),
      ["rejected"],
    );
  });

  test("ends its loop when it is closed from elsewhere", async () => {
    const subscriber = kept(await createSubscriber(crm()));
    const loop = (async () => {
      let count = 0;
      for await (const { done } of subscriber) {
        count++;
        done();
      }
      return count;
    })();
    await Promise.all([subscriber.close(), subscriber.close()]);
    assert.equal(await loop, 0);
  });
});

test("two subscribers of a group share its partitions, and what one leaves the other takes over", async () => {
  const options = crm();
  const told = [new Set<number>(), new Set<number>()] as const;
  const subscribers = await Promise.all(
    told.map((own) =>
      createSubscriber({ ...options, handle: ({ event }) => void own.add(Number(event.data.id)) }).then(kept),
    ),
  );
  const shares = () => subscribers.map((subscriber) => subscriber.counts().partitions);
  await eventually("each has two partitions", () => shares().every((count) => count === 2), 60_000);
  const ids = Array.from({ length: 40 }, (_, at) => 1000 + at);
  await Promise.all(ids.map((id) => update(id, "x")));
  await eventually("all are told", () => new Set([...told[0], ...told[1]]).size === 40, 60_000);
  assert.ok(told[0].size > 0 && told[1].size > 0);
  assert.equal(told[0].size + told[1].size, 40, "no event is told to both");

  await subscribers[0]?.close();
  await eventually("the other has all", () => shares()[1] === 4, 60_000);
  told[1].clear();
  await Promise.all(ids.map((id) => update(id, "y")));
  await eventually("the other is told all", () => told[1].size === 40, 60_000);
  await subscribers[1]?.close();
});

test("topics that are not there are said at once", async () => {
  await assert.rejects(
    createSubscriber({ ...crm(), topicPrefix: `${topics.prefix}nowhere`, handle: () => undefined }),
    (error) => error instanceof BridgeError && error.code === "NOT_SET_UP",
  );
});

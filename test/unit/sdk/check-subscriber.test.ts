import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, ProblemsError } from "../../../src/errors.ts";
import { eventCatalogue } from "../../../src/model/event-catalogue.ts";
import { checkSubscriber } from "../../../src/sdk/check-subscriber.ts";
import { type EventPattern, type EventsOf, subscribedEvents } from "../../../src/sdk/subscribed-events.ts";
import type { SubscriberOptions } from "../../../src/sdk/subscriber-options.ts";

const usual: SubscriberOptions = {
  kafka: { brokers: ["k:1"] },
  registry: { url: "http://r" },
  group: "crm",
  events: ["clients.update"],
};

test("options that are left out have their defaults", () => {
  const { retry, ...rest } = checkSubscriber(usual);
  assert.deepEqual(rest, {
    events: ["clients.update"],
    groupId: "subscriber.crm",
    topicPrefix: "billing",
    from: "end",
    concurrency: 32,
    attemptTimeoutMs: 30_000,
    drainMs: 15_000,
    connectTimeoutMs: 30_000,
  });
  assert.equal(retry.maxAgeMs, 86_400_000);
  assert.equal(checkSubscriber({ ...usual, retry: { maxAgeMs: 5 } }).retry.scheduleMs.length, retry.scheduleMs.length);
});

test("every option that cannot be used is named, all of them at once", () => {
  const wrong = {
    ...usual,
    group: "CRM/1",
    from: "middle" as "end",
    concurrency: 1.5,
    attemptTimeoutMs: Number.NaN,
    retry: { scheduleMs: [], jitter: 2 },
  };
  assert.throws(
    () => checkSubscriber(wrong),
    (error) =>
      error instanceof ProblemsError &&
      error.code === "SETTINGS_INVALID" &&
      error.problems.map(({ path }) => path).join() ===
        "concurrency,attemptTimeoutMs,retry.jitter,retry.scheduleMs,group,from",
  );
});

test("a pattern stands for all below it, an alias for its event, in the order of the catalogue", () => {
  assert.deepEqual(subscribedEvents(["clients.packages.renew", "clients.accounts.*", "clients.accounts.create"]), [
    "clients.accounts.create",
    "clients.accounts.update",
    "clients.accounts.delete",
    "clients.packages.renew",
  ]);
  assert.deepEqual(subscribedEvents(["clients.subscriptions.assign"]), ["clients.packages.assign"]);
  assert.equal(subscribedEvents(["*"]).length, eventCatalogue.length);
  assert.equal(
    subscribedEvents(["clients.*"]).length,
    eventCatalogue.filter(({ id }) => id.startsWith("clients.")).length,
  );
});

test("what stands for no event is refused", () => {
  for (const pattern of ["clients", "clients.", "client.*", "clients.upd*", ".*", ""]) {
    assert.throws(
      () => subscribedEvents([pattern]),
      (error) => error instanceof BridgeError && error.code === "UNKNOWN_EVENT",
      pattern,
    );
  }
  assert.throws(
    () => subscribedEvents([]),
    (error) => error instanceof BridgeError && error.code === "USAGE",
  );
});

test("the types of patterns agree with what they stand for", () => {
  const pattern: EventPattern = "importd.*";
  const events: readonly EventsOf<typeof pattern>[] = ["importd.process_success", "importd.process_failed"];
  assert.deepEqual(subscribedEvents([pattern]), events);
  // @ts-expect-error no event begins so
  const wrong: EventPattern = "clients.nothing.*";
  assert.throws(() => subscribedEvents([wrong]));
});

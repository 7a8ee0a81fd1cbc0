import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createHeartbeat } from "../../../src/bridge/heartbeat.ts";
import { BridgeError } from "../../../src/errors.ts";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import type { RecordPosition, RecordProducer } from "../../../src/kafka/produce/producer.ts";
import { readHeartbeat } from "../../../src/kafka/records/heartbeat-codec.ts";
import { heartbeatSchema } from "../../../src/kafka/registry/schemas.ts";
import type { BeforeHandler } from "../../../src/model/handler.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

const record = createAvroRecord(1, heartbeatSchema.text);
const registry = {
  recordBySchema: () => Promise.resolve(record),
  recordById: () => Promise.resolve({ kind: "record" as const, record }),
};
const written = { partition: 0, offset: 0 };

/** An instance with these handlers, and every record it handed to its producer. */
function instance(handlers: readonly Partial<BeforeHandler>[] = [], recordBySchema = registry.recordBySchema) {
  const clock = new FakeClock();
  const sent: { readonly record: OutboundRecord; readonly atMs: number }[] = [];
  const warnings: unknown[] = [];
  const state = { answer: () => Promise.resolve<RecordPosition>(written), failures: 0, closed: 0 };
  const quiet = (): void => undefined;
  const producer: RecordProducer = {
    connect: () => Promise.resolve(),
    send: (one) => {
      sent.push({ record: one, atMs: clock.monotonicMs() - 1000 });
      return state.answer();
    },
    ready: () => true,
    close: () => {
      state.closed++;
      return Promise.resolve();
    },
  };
  const heartbeat = createHeartbeat({
    ...{ clock, producer, topic: "p.bridges", instanceId: "i-1", registry: { recordBySchema } },
    handlers: () => handlers as readonly BeforeHandler[],
    logger: { debug: quiet, info: quiet, warn: (fields) => void warnings.push(fields), error: quiet },
    onFailed: () => state.failures++,
  });
  return { clock, heartbeat, sent, state, warnings };
}

async function beatOf({ value }: OutboundRecord) {
  assert.ok(value);
  const reading = await readHeartbeat(registry, value);
  assert.equal(reading.kind, "heartbeat");
  return reading.beat;
}

describe("a heartbeat", () => {
  it("goes out at once and then every half second, under the instance's id, with its uptime", async () => {
    const { clock, heartbeat, sent } = instance();
    heartbeat.start();
    await clock.advance(1600);
    assert.deepEqual(
      sent.map(({ atMs }) => atMs),
      [0, 500, 1000, 1500],
    );
    const beats = await Promise.all(sent.map((one) => beatOf(one.record)));
    assert.deepEqual(
      beats.map(({ uptimeMs }) => uptimeMs),
      [0, 500, 1000, 1500],
    );
    assert.deepEqual(new Set(sent.map((one) => one.record.key)), new Set(["i-1"]));
    await heartbeat.stop(1000);
    assert.equal(clock.pendingTimers, 0);
  });

  it("names each event of the enabled handlers once, of any mode, and a revision that changes with them", async () => {
    const handlers = [
      { id: "a", status: "enabled", mode: "enforce", events: ["clients.update", "clients.create"] },
      { id: "b", status: "enabled", mode: "shadow", events: ["clients.delete", "clients.create"] },
      { id: "c", status: "disabled", mode: "enforce", events: ["clients.archive"] },
      { id: "d", status: "archived", mode: "enforce", events: ["clients.archive"] },
    ] as const;
    const revisions = await Promise.all(
      [handlers, handlers, handlers.slice(1)].map(async (some) => {
        const { heartbeat, sent } = instance(some);
        heartbeat.start();
        await settled();
        const [first] = sent;
        assert.ok(first);
        const { eventIds, handlersRevision } = await beatOf(first.record);
        if (some === handlers) assert.deepEqual(eventIds, ["clients.create", "clients.delete", "clients.update"]);
        await heartbeat.stop(1000);
        return handlersRevision;
      }),
    );
    assert.equal(revisions[0], revisions[1]);
    assert.notEqual(revisions[0], revisions[2]);
  });

  it("does not pile up while one is out", async () => {
    const { clock, heartbeat, sent, state } = instance();
    const hanging = Promise.withResolvers<RecordPosition>();
    state.answer = () => hanging.promise;
    heartbeat.start();
    await clock.advance(5000);
    assert.equal(sent.length, 1);
    hanging.resolve(written);
    await clock.advance(1000);
    assert.equal(sent.length, 3);
  });

  it("that fails is counted each time, logged once an outage, and does not end the others", async () => {
    const { clock, heartbeat, sent, state, warnings } = instance();
    state.answer = () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away"));
    heartbeat.start();
    await clock.advance(1400);
    assert.deepEqual([sent.length, state.failures, warnings.length], [3, 3, 1]);
    state.answer = () => Promise.resolve(written);
    await clock.advance(500);
    state.answer = () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away again"));
    await clock.advance(1000);
    assert.deepEqual([sent.length, state.failures, warnings.length], [6, 5, 2]);
    await heartbeat.stop(1000);
  });

  it("ends with a farewell after the last beat, once, and nothing follows", async () => {
    const { clock, heartbeat, sent, state } = instance();
    heartbeat.start();
    await clock.advance(600);
    await Promise.all([heartbeat.stop(1000), heartbeat.stop(1000)]);
    await clock.advance(5000);
    assert.deepEqual(
      sent.map(({ record: { key, value } }) => [key, value === null]),
      [false, false, true].map((farewell) => ["i-1", farewell]),
    );
    assert.equal(state.closed, 1);
  });

  it("is never sent by an instance that stopped before it could be, and leaves no farewell either", async () => {
    const opening = Promise.withResolvers<typeof record>();
    const { clock, heartbeat, sent } = instance([], () => opening.promise);
    heartbeat.start();
    const stopping = heartbeat.stop(1000);
    await settled();
    opening.resolve(record);
    await stopping;
    heartbeat.start();
    await clock.advance(5000);
    assert.equal(sent.length, 0);
    assert.equal(clock.pendingTimers, 0);
  });
});

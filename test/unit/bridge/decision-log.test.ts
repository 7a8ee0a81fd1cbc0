import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noHandlerVerdict } from "../../../src/before/unasked-verdicts.ts";
import type { LogDrop } from "../../../src/bridge/best-effort-log.ts";
import { createDecisionLog } from "../../../src/bridge/decision-log.ts";
import { BridgeError } from "../../../src/errors.ts";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import type { RecordPosition } from "../../../src/kafka/produce/producer.ts";
import { readDecision } from "../../../src/kafka/records/decision-codec.ts";
import { decisionSchema } from "../../../src/kafka/registry/schemas.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";
import { record } from "../../support/fake-requests.ts";

const avro = createAvroRecord(1, decisionSchema.text);
const written = { partition: 0, offset: 0 };
const refusal = new BridgeError("RECORD_REFUSED", "no such topic");

function decisionLog(options: { maxWaiting?: number; maxWaitingBytes?: number; opens?: boolean[] } = {}) {
  const clock = new FakeClock();
  const { opens = [], maxWaiting, maxWaitingBytes } = options;
  const sent: OutboundRecord[] = [];
  const drops: LogDrop[] = [];
  const warnings: unknown[] = [];
  const quiet = (): void => undefined;
  const state = { answer: () => Promise.resolve<RecordPosition>(written), closed: 0 };
  const log = createDecisionLog({
    ...{ clock, topic: "p.decisions", instanceId: "i" },
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
    ...(maxWaitingBytes === undefined ? {} : { maxWaitingBytes }),
    producer: {
      send: (one) => {
        sent.push(one);
        return state.answer();
      },
      close: () => {
        state.closed++;
        return Promise.resolve();
      },
    },
    registry: {
      recordBySchema: () =>
        (opens.shift() ?? true)
          ? Promise.resolve(avro)
          : Promise.reject(new BridgeError("NOT_SET_UP", "no such subject")),
    },
    logger: { debug: quiet, info: quiet, warn: (fields) => void warnings.push(fields), error: quiet },
    onDropped: (why, count) => drops.push(...Array.from({ length: count }, () => why)),
  });
  const decide = (operationId: string): void => {
    const verdict = noHandlerVerdict({ operationId, attempt: 1, baseVersion: null, dataHash: "h" });
    const admission = { kind: "admitted", eventId: "clients.update", type: "clients.update" } as const;
    const steps = { receivedAtMs: 0, event: null, readMs: null, decidedMs: 1 };
    log.decided(record(1), admission, { verdict, encoded: null, failures: [] }, "replied", 2, steps);
  };
  return { clock, log, sent, drops, warnings, state, decide };
}

async function opened(options: { maxWaiting?: number; maxWaitingBytes?: number } = {}) {
  const world = decisionLog(options);
  world.log.start();
  await settled();
  return world;
}

describe("the log of decisions", () => {
  it("writes each decision under its operation id", async () => {
    const { decide, drops, sent } = await opened();
    decide("op-1");
    assert.deepEqual(
      sent.map(({ topic, key }) => [topic, key]),
      [["p.decisions", "op-1"]],
    );
    const reading = await readDecision(
      { recordById: () => Promise.resolve({ kind: "record", record: avro }) },
      sent[0]?.value ?? Buffer.alloc(0),
    );
    assert.deepEqual(reading.kind === "decision" && [reading.decision.decidedBy, reading.decision.instanceId], [
      "no-handler",
      "i",
    ]);
    assert.deepEqual(drops, []);
  });

  it("drops and counts until the schema is there, and looks for it again", async () => {
    const { clock, decide, drops, log, sent, warnings } = decisionLog({ opens: [false, false] });
    log.start();
    await settled();
    decide("early");
    await clock.advance(5000);
    decide("early too");
    await clock.advance(5000);
    decide("in time");
    assert.deepEqual(
      sent.map(({ key }) => key),
      ["in time"],
    );
    assert.deepEqual(drops, ["not-open", "not-open"]);
    assert.equal(warnings.length, 1);
    await log.stop(1000);
    assert.equal(clock.pendingTimers, 0);
  });

  it("keeps to a bound of bytes as well, and has room again when what waited is out", async () => {
    const { decide, drops, sent, state } = await opened({ maxWaitingBytes: 50_000 });
    let acknowledge = (): void => undefined;
    const hangs = new Promise<RecordPosition>((resolve) => {
      acknowledge = () => resolve(written);
    });
    state.answer = () => hangs;
    for (let at = 0; at < 100; at++) decide(`op-${at}`.padEnd(10_000, "."));
    const waiting = 5;
    assert.deepEqual([sent.length, drops.length, new Set(drops)], [64, 100 - 64 - waiting, new Set(["queue-full"])]);
    acknowledge();
    await settled();
    assert.equal(sent.length, 64 + waiting);
    decide("room");
    assert.equal(sent.at(-1)?.key, "room");
  });

  it("keeps to its bounds when the broker hangs: few are out, some wait, the rest is dropped", async () => {
    const { decide, drops, sent, state } = await opened({ maxWaiting: 10 });
    state.answer = () => new Promise(() => undefined);
    for (let at = 0; at < 100; at++) decide(`op-${at}`);
    assert.equal(sent.length, 64);
    assert.deepEqual(drops, Array<string>(100 - 64 - 10).fill("queue-full"));
  });

  it("sends what waited, in order, as soon as something is acknowledged", async () => {
    const { decide, drops, sent, state } = await opened();
    let acknowledge: (position: RecordPosition) => void = () => undefined;
    const first = new Promise<RecordPosition>((resolve) => (acknowledge = resolve));
    state.answer = () => first;
    for (let at = 0; at < 200; at++) decide(`op-${at}`);
    acknowledge(written);
    await settled();
    assert.deepEqual(
      sent.map(({ key }) => key),
      Array.from({ length: 200 }, (_, at) => `op-${at}`),
    );
    assert.deepEqual(drops, []);
  });

  it("drops and counts what the broker refuses, says so once, and again after it had recovered", async () => {
    const { decide, drops, state, warnings } = await opened();
    state.answer = () => Promise.reject(refusal);
    decide("a");
    decide("b");
    await settled();
    state.answer = () => Promise.resolve(written);
    decide("c");
    await settled();
    state.answer = () => Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "late"));
    decide("d");
    await settled();
    assert.deepEqual(drops, ["refused", "refused", "broker-away"]);
    assert.equal(warnings.length, 2);
  });

  it("stops in bounded time though the broker hangs, counts what it did not write, and takes nothing more", async () => {
    const { clock, decide, drops, log, state } = await opened();
    state.answer = () => new Promise(() => undefined);
    for (let at = 0; at < 70; at++) decide(`op-${at}`);
    const startMs = clock.monotonicMs();
    await clock.until(log.stop(1000));
    assert.equal(clock.monotonicMs() - startMs, 1000);
    assert.deepEqual(drops, Array<string>(6).fill("closed"), "those that are out are the producer's to reject");
    decide("late");
    assert.equal(drops.length, 7);
    await log.stop(1000);
    assert.equal(state.closed, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it("lets what waits be written when it stops", async () => {
    const { clock, decide, drops, log, sent, state } = await opened();
    state.answer = () => new Promise((resolve) => void clock.after(10, () => resolve(written)));
    for (let at = 0; at < 150; at++) decide(`op-${at}`);
    await clock.until(log.stop(1000));
    assert.equal(sent.length, 150);
    assert.deepEqual(drops, []);
  });

  it("never throws into the intake, and goes on after a defect", async () => {
    const { decide, drops, sent, state } = await opened();
    state.answer = () => {
      throw new Error("boom");
    };
    for (let at = 0; at < 100; at++) assert.doesNotThrow(() => decide(`op-${at}`));
    await settled();
    assert.deepEqual(drops, Array<string>(100).fill("defect"));
    state.answer = () => Promise.resolve(written);
    decide("after");
    assert.equal(sent.at(-1)?.key, "after");
  });
});

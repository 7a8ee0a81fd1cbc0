import assert from "node:assert/strict";
import { test } from "node:test";
import { BestEffortLog, type LogDrop } from "../../../src/bridge/best-effort-log.ts";
import { BridgeError } from "../../../src/errors.ts";
import type { RecordPosition } from "../../../src/kafka/produce/producer.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

/** A log whose broker acknowledges, or refuses, all that is out at once. */
async function log(maxOut: number, maxWaiting = 100_000) {
  const drops: LogDrop[] = [];
  const out: { readonly resolve: (position: RecordPosition) => void; readonly reject: (error: Error) => void }[] = [];
  const parts = {
    ...{
      topic: "t",
      clock: new FakeClock(),
      logger: silentLogger,
      complaint: "lost",
      maxWaiting,
      maxWaitingBytes: 2 ** 30,
      maxOut,
    },
    producer: {
      send: () => new Promise<RecordPosition>((resolve, reject) => out.push({ resolve, reject })),
      close: () => Promise.resolve(),
    },
    open: () => Promise.resolve((entry: string) => ({ key: entry, value: Buffer.from(entry) })),
    onDropped: (why: LogDrop, count: number) => drops.push(...Array.from({ length: count }, () => why)),
  };
  const log = new BestEffortLog<string>(parts);
  log.start();
  await settled();
  const answer = async (refused = false): Promise<number> => {
    const asked = out.splice(0);
    for (const { resolve, reject } of asked) {
      if (refused) reject(new BridgeError("RECORD_REFUSED", "no"));
      else resolve({ partition: 0, offset: 0 });
    }
    await settled();
    return asked.length;
  };
  return { answer, drops, log };
}

test("more is out at once the longer all goes well, up to its bound, and few again after a failure", async () => {
  const { answer, drops, log: entries } = await log(300);
  for (let at = 0; at < 5000; at++) entries.write(() => `entry-${at}`);
  const sizes = [await answer(), await answer(), await answer(), await answer(), await answer()];
  assert.deepEqual(sizes, [64, 128, 256, 300, 300]);
  await answer(true);
  assert.equal(drops.length, 300);
  assert.equal(await answer(), 64);
});

test("what finds no room is not even made", async () => {
  const { drops, log: entries } = await log(64, 10);
  let made = 0;
  for (let at = 0; at < 200; at++) {
    entries.write(() => {
      made++;
      return `entry-${at}`;
    });
  }
  assert.equal(made, 74);
  assert.deepEqual(new Set(drops), new Set(["queue-full"]));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetter } from "../../../src/after/ports.ts";
import { BridgeError } from "../../../src/errors.ts";
import { Gaps } from "../../../src/kafka/records/gaps.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

function gapsOf(write: (letter: DeadLetter) => Promise<void>) {
  const clock = new FakeClock();
  const counted: [string, number][] = [];
  const count = (group: string, records: number): void => void counted.push([group, records]);
  return { clock, counted, gaps: new Gaps({ deadLetters: { write }, count, logger: silentLogger, clock }) };
}

const lost = { topic: "billing.clients", partition: 2, from: 10, until: 15 };

test("records that are gone are counted at once, and named by one dead letter with their range", async () => {
  const letters: DeadLetter[] = [];
  const { counted, gaps } = gapsOf((letter) => Promise.resolve(void letters.push(letter)));
  gaps.report("crm", lost);
  assert.deepEqual(counted, [["crm", 5]]);
  await settled();
  const [letter, ...more] = letters;
  assert.deepEqual(more, []);
  assert.deepEqual([letter?.group, letter?.handler, letter?.reason], ["crm", null, "gap"]);
  assert.deepEqual([letter?.record.topic, letter?.record.partition, letter?.record.offset], ["billing.clients", 2, 10]);
  assert.match(letter?.detail ?? "", /offsets 10 to 14 of billing\.clients, partition 2/);
});

test("a gap that cannot be written is tried until it is, or until all ends; then no timer is left", async () => {
  let tries = 0;
  const { clock, counted, gaps } = gapsOf(() => {
    tries++;
    return tries < 3 ? Promise.reject(new BridgeError("BROKER_UNAVAILABLE", "away")) : Promise.resolve();
  });
  gaps.report("crm", lost);
  await clock.advance(60_000);
  assert.equal(tries, 3);
  assert.deepEqual(counted, [["crm", 5]], "counted once, however often it is tried");
  tries = -1000;
  gaps.report("crm", lost);
  await clock.advance(7000);
  gaps.close();
  await settled();
  assert.equal(clock.pendingTimers, 0);
  const before = tries;
  await clock.advance(60_000);
  assert.equal(tries, before);
});

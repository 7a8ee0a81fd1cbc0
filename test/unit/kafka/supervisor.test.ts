import assert from "node:assert/strict";
import { test } from "node:test";
import { isPassing } from "../../../src/kafka/connection/broker-errors.ts";
import { type Life, type LifeReport, Supervisor } from "../../../src/kafka/consume/supervisor.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";

class FakeLife implements Life {
  readonly #clock: FakeClock;
  #signMs: number;
  #end: (error: Error) => void = () => undefined;
  readonly ended: Promise<Error> = new Promise((resolve) => (this.#end = resolve));
  over = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#signMs = clock.monotonicMs();
  }

  quietMs(): number {
    return this.#clock.monotonicMs() - this.#signMs;
  }

  sign(): void {
    this.#signMs = this.#clock.monotonicMs();
  }

  die(message: string): void {
    this.#end(new Error(message));
  }

  end(): Promise<void> {
    this.over = true;
    this.die("ended");
    return Promise.resolve();
  }
}

function setUp(options: { maxFailures?: number } = {}) {
  const clock = new FakeClock();
  const lives: FakeLife[] = [];
  const reports: LifeReport[] = [];
  const gaveUp: Error[] = [];
  const supervisor = new Supervisor({
    open: () => {
      const life = new FakeLife(clock);
      lives.push(life);
      return life;
    },
    isAway: (error) => error.message === "away",
    onEnded: (report) => reports.push(report),
    onGaveUp: (error) => gaveUp.push(error),
    maxFailures: options.maxFailures ?? 3,
    clock,
  });
  const dies = async (message: string): Promise<void> => {
    lives.at(-1)?.die(message);
    await settled();
  };
  return { clock, lives, reports, gaveUp, supervisor, dies };
}

test("a client that ended is ended for good before the next is opened, after a wait that grows to 5 s", async () => {
  const { clock, lives, reports, supervisor, dies } = setUp();
  supervisor.start();
  for (const waitMs of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
    const count = lives.length;
    await dies("away");
    assert.equal(lives[count - 1]?.over, true);
    assert.equal(reports.at(-1)?.tryAgainInMs, waitMs);
    await clock.advance(waitMs - 1);
    assert.equal(lives.length, count);
    await clock.advance(1);
    assert.equal(lives.length, count + 1);
  }
  await supervisor.stop(1000);
  assert.equal(clock.pendingTimers, 0);
});

test("it gives up once after so many failures in a row, but never because the brokers are away", async () => {
  const { clock, lives, gaveUp, supervisor, dies } = setUp({ maxFailures: 3 });
  supervisor.start();
  for (let times = 0; times < 20; times++) {
    await dies("away");
    await clock.advance(5000);
  }
  assert.equal(gaveUp.length, 0);
  for (let times = 0; times < 3; times++) {
    await dies("broken");
    await clock.advance(5000);
  }
  assert.deepEqual(
    gaveUp.map(({ message }) => message),
    ["broken"],
  );
  assert.equal(lives.length, 23);
  assert.equal(lives.at(-1)?.over, true);
});

test("failures count in a row only: a client that worked for half a minute starts the count anew", async () => {
  const { clock, lives, gaveUp, supervisor, dies } = setUp({ maxFailures: 2 });
  supervisor.start();
  for (let times = 0; times < 5; times++) {
    await clock.advance(30_000);
    lives.at(-1)?.sign();
    await dies("broken");
    await clock.advance(5000);
  }
  assert.equal(gaveUp.length, 0);
  await supervisor.stop(1000);
});

test("a client that falls silent for a minute is replaced, and silence does not count as work", async () => {
  const { clock, lives, gaveUp, supervisor } = setUp({ maxFailures: 2 });
  supervisor.start();
  await clock.advance(59_000);
  lives.at(-1)?.sign();
  await clock.advance(60_000);
  assert.equal(lives.length, 1);
  await clock.advance(10_000);
  assert.equal(lives.length, 2);
  assert.equal(lives[0]?.over, true);
  await clock.advance(150_000);
  assert.equal(gaveUp.length, 1);
});

test("after stop no other client is opened, even in the middle of a wait", async () => {
  const { clock, lives, supervisor, dies } = setUp();
  supervisor.start();
  await dies("away");
  await supervisor.stop(1000);
  await clock.advance(60_000);
  assert.equal(lives.length, 1);
  assert.equal(clock.pendingTimers, 0);
});

test("what kafkajs calls retriable at the root of its causes is worth waiting for, a defect is not", () => {
  const retriable = Object.assign(new Error("connection"), { retriable: true });
  const wrapped = Object.assign(new Error("retries exceeded", { cause: retriable }), { retriable: false });
  assert.equal(isPassing(wrapped), true);
  assert.equal(isPassing(new Error("retries exceeded", { cause: new Error("Broker not connected") })), true);
  assert.equal(isPassing(new TypeError("undefined is not a function")), false);
  assert.equal(isPassing(Object.assign(new Error("no rights"), { retriable: false })), false);
});

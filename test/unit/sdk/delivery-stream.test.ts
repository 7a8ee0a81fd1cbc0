import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delivery, NotTaken, PermanentFailure } from "../../../src/sdk/delivery.ts";
import { DeliveryStream } from "../../../src/sdk/delivery-stream.ts";

function delivery(deliveryId: string, signal: AbortSignal = new AbortController().signal): Delivery {
  const event = { id: "clients.delete", data: { id: 7 } } as const;
  return { event, deliveryId, attempt: 1, sequence: "t/0/0", objectId: "7", time: "2026-01-01T00:00:00Z", signal };
}

/** Offers it and remembers how it ended, and whether its time has begun. */
function offered(stream: DeliveryStream, id: string, signal?: AbortSignal) {
  const state = { begun: false, ended: "open" };
  stream
    .offer(delivery(id, signal), () => {
      state.begun = true;
    })
    .then(
      () => (state.ended = "done"),
      (error: unknown) => {
        if (error instanceof NotTaken) state.ended = "not taken";
        else state.ended = `${error instanceof PermanentFailure ? "rejected" : "retry"}: ${(error as Error).message}`;
      },
    );
  return state;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const closed = () => Promise.resolve();

test("deliveries are given in the order in which they are offered, and begin when they are given", async () => {
  const stream = new DeliveryStream();
  const loop = stream.loop(closed);
  const [first, second] = [offered(stream, "a"), offered(stream, "b")];
  assert.equal((await loop.next()).value?.deliveryId, "a");
  assert.deepEqual([first.begun, second.begun], [true, false]);
  assert.equal((await loop.next()).value?.deliveryId, "b");
  assert.ok(second.begun);
});

test("what the loop says first counts, and only that", async () => {
  const stream = new DeliveryStream();
  const loop = stream.loop(closed);
  const states = ["done", "retry", "reject"].map((id) => offered(stream, id));
  for (let count = 0; count < 3; count++) {
    const { value } = await loop.next();
    if (value?.deliveryId === "done") value.done();
    if (value?.deliveryId === "retry") value.retry("busy");
    value?.reject("no such client");
  }
  await turn();
  assert.deepEqual(
    states.map(({ ended }) => ended),
    ["done", "retry: busy", "rejected: no such client"],
  );
});

test("loops share what comes, and one that waits gets the next", async () => {
  const stream = new DeliveryStream();
  const loops = [stream.loop(closed), stream.loop(closed)];
  const waiting = loops.map((loop) => loop.next());
  offered(stream, "a");
  offered(stream, "b");
  const given = await Promise.all(waiting);
  assert.deepEqual(
    given.map(({ value }) => value?.deliveryId),
    ["a", "b"],
  );
});

test("closing ends the loops and leaves what nobody has read; what was given may still end", async () => {
  const stream = new DeliveryStream();
  const loop = stream.loop(closed);
  const [given, unread] = [offered(stream, "a"), offered(stream, "b")];
  const { value } = await loop.next();
  stream.close();
  stream.close(new Error("too late"));
  value?.done();
  const late = offered(stream, "c");
  await turn();
  assert.deepEqual([given.ended, unread.ended, late.ended], ["done", "not taken", "not taken"]);
  assert.ok(!unread.begun && !late.begun);
  assert.deepEqual(await loop.next(), { done: true, value: undefined });
});

test("a subscriber that gave up throws in its loops, those that wait and those that come later", async () => {
  const stream = new DeliveryStream();
  const loop = stream.loop(closed);
  const waiting = loop.next();
  stream.close(new Error("no right to read"));
  await assert.rejects(waiting, /no right to read/);
  await assert.rejects(loop.next(), /no right to read/);
});

test("leaving a loop leaves what it holds, then closes", async () => {
  const stream = new DeliveryStream();
  const state = offered(stream, "a");
  let closes = 0;
  for await (const { deliveryId } of {
    [Symbol.asyncIterator]: () =>
      stream.loop(() => {
        closes++;
        return Promise.resolve();
      }),
  }) {
    assert.equal(deliveryId, "a");
    break;
  }
  await turn();
  assert.deepEqual([state.ended, closes], ["not taken", 1]);
});

test("a delivery that is withdrawn before it is read is given to nobody", async () => {
  const stream = new DeliveryStream();
  const stop = new AbortController();
  const state = offered(stream, "a", stop.signal);
  offered(stream, "b");
  stop.abort();
  assert.equal((await stream.loop(closed).next()).value?.deliveryId, "b");
  assert.deepEqual([state.ended, state.begun], ["not taken", false]);
});

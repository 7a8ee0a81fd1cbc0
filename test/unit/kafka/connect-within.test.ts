import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWithin, disconnectWithin } from "../../../src/kafka/connection/connect-within.ts";

const never = (): Promise<void> => new Promise(() => undefined);

test("a connection that does not come about in time says that no broker answers, as one that is refused does", async () => {
  const late = { code: "BROKER_UNAVAILABLE", message: "no Kafka broker answers: connecting took longer than 5 ms" };
  await assert.rejects(connectWithin(5, { connect: never }), late);
  const refused = { code: "BROKER_UNAVAILABLE", message: "no Kafka broker answers: connection refused" };
  const refuses = { connect: () => Promise.reject(new Error("connection refused")) };
  await assert.rejects(connectWithin(1000, refuses), refused);
});

test("sockets are dropped also when a client does not disconnect, or fails to", async () => {
  let dropped = 0;
  const drop = (): void => {
    dropped++;
  };
  await disconnectWithin(5, drop, { disconnect: never });
  await disconnectWithin(1000, drop, { disconnect: () => Promise.reject(new Error("gone")) });
  assert.equal(dropped, 2);
});

test("sockets are dropped only once each client has disconnected", async () => {
  const slow = Promise.withResolvers<undefined>();
  let dropped = false;
  const drop = (): void => {
    dropped = true;
  };
  const quick = { disconnect: () => Promise.resolve() };
  const done = disconnectWithin(1000, drop, { disconnect: () => slow.promise }, quick);
  await new Promise(setImmediate);
  assert.equal(dropped, false);
  slow.resolve(undefined);
  await done;
  assert.equal(dropped, true);
});

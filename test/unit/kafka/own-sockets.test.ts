import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { OwnSockets } from "../../../src/kafka/connection/own-sockets.ts";

test("what is still open when it is dropped ends with an error, and what had ended is forgotten", async () => {
  const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets = new OwnSockets();
  const open = () => sockets.factory({ host: "127.0.0.1", port, ssl: undefined as never, onConnect: () => undefined });
  const ended = open();
  await once(ended, "connect");
  const endedErrors: unknown[] = [];
  ended.on("error", (error) => endedErrors.push(error)).end();
  await once(ended, "close");
  const left = open();
  await once(left, "connect");
  const failed = once(left, "error");
  sockets.drop();
  const [error] = (await failed) as [Error];
  assert.match(error.message, /not needed any more/);
  assert.equal(left.destroyed, true);
  assert.deepEqual(endedErrors, []);
  // kafkajs tries once more after the end: that connects nobody.
  const late = open();
  const [lateError] = (await once(late, "error")) as [Error];
  assert.match(lateError.message, /not needed any more/);
  assert.equal(late.destroyed, true);
  server.close();
  await once(server, "close");
});

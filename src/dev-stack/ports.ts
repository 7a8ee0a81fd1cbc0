import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { BridgeError } from "../errors.ts";

/**
 * Below the range from which Linux (32768) and macOS (49152) take ports for outgoing connections. A port of that range
 * could be taken by a client while the broker is down for a restart; on loopback even by the very client that tries to
 * reconnect, which then talks to itself and keeps the broker from coming back.
 */
const lowest = 20_000;
const highest = 30_000;

/** `count` different ports of 127.0.0.1 that nobody listens on now. Throws STACK_UNAVAILABLE when there are none. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < 200 && found.size < count; attempt++) {
    const port = randomInt(lowest, highest);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size < count) {
    throw new BridgeError("STACK_UNAVAILABLE", `no ${count} free ports between ${lowest} and ${highest} on 127.0.0.1`);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

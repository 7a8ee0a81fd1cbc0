import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";

export interface Loopback {
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Connections open now. */
  readonly open: () => number;
}

/** A TCP server on a free loopback port that does to each connection what `serve` says; gone when the test is. */
export async function loopback(t: TestContext, serve: (socket: Socket) => void): Promise<Loopback> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    serve(socket);
    // A socket nobody reads from never learns that it was closed.
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/hook`, port, accepted: () => accepted, open: () => sockets.size };
}

export interface ReceivedRequest {
  readonly head: string;
  readonly body: string;
}

/** Calls `respond` for every whole request that comes in on the socket, one after another. */
export function onRequests(socket: Socket, respond: (request: ReceivedRequest, count: number) => void): void {
  let received = Buffer.alloc(0);
  let count = 0;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = received.subarray(0, end).toString();
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (received.length < end + 4 + length) return;
    const body = received.subarray(end + 4, end + 4 + length).toString();
    received = received.subarray(end + 4 + length);
    respond({ head, body }, ++count);
  });
}

/** A server that answers every request with the same bytes. */
export function answering(t: TestContext, response: string | Buffer): Promise<Loopback> {
  return loopback(t, (socket) => onRequests(socket, () => socket.write(response)));
}

/** A complete HTTP/1.1 response. */
export function response(status: string, body: string, headers: readonly string[] = []): string {
  return [`HTTP/1.1 ${status}`, `content-length: ${Buffer.byteLength(body)}`, ...headers, "", body].join("\r\n");
}

import net, { isIP, type Socket } from "node:net";
import tls from "node:tls";
import type { ISocketFactory } from "kafkajs";

const keepAliveMs = 60_000;

/**
 * The sockets of one client of kafkajs, so that all of them end with it: a broker that kafkajs has taken out of its pool
 * (brokerPool.js: removeBroker, after a connection failed) is connected again by the consumer group that still holds it,
 * and then belongs to nobody whom `disconnect` would reach. And its retries: a send that was out goes on after it.
 */
export class OwnSockets {
  readonly #open = new Set<Socket>();
  #dropped = false;

  /** As kafkajs's own (network/socketFactory.js), and remembered. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    // kafkajs gives none without TLS, whatever its types say.
    const socket = (ssl as typeof ssl | undefined)
      ? tls.connect({ host, port, ...name, ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    // What kafkajs still tries after the end connects nobody; it listens once it has the socket.
    if (this.#dropped) process.nextTick(() => socket.destroy(notNeeded()));
    return socket;
  };

  /**
   * For `retry.retries` of kafkajs: `count` until the sockets are dropped, none afterwards. Its waits cannot be ended, and
   * they nest (a send, its metadata, their connection); but each compares its tries with this before the next one
   * (retry/index.js: `retryCount < retries`).
   */
  retries(count: number): number {
    const left = { valueOf: () => (this.#dropped ? 0 : count) };
    return left as unknown as number;
  }

  /** Ends what is still open, and whatever is opened after that; what waits for an answer there fails at once. */
  drop(): void {
    this.#dropped = true;
    for (const socket of this.#open) socket.destroy(notNeeded());
  }
}

/** kafkajs does not listen for a socket that just closes. */
function notNeeded(): Error {
  return new Error("the connection is not needed any more");
}

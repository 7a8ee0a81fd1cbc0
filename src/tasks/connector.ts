import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import type { Egress } from "./egress.ts";
import { EgressRefusal } from "./resolver.ts";

export interface Connector {
  readonly connect: buildConnector.connector;
  /** Ends a connect that is under way. undici forgets such a socket when its client is destroyed; it would linger. */
  abandon(): void;
}

/**
 * Opens the sockets of one client. Our own instead of undici's, because that one hides the socket while it connects
 * and has a timer of its own.
 *
 * @param connected called once for every socket that is ready to use.
 */
export function createConnector(egress: Egress, lookup: LookupFunction, connected: () => void): Connector {
  let connecting: Socket | undefined;

  const connect: buildConnector.connector = ({ hostname, host, port, protocol, servername }, callback) => {
    // A literal address never reaches the lookup.
    const refusal = isIP(hostname) === 0 ? null : egress.refusalOf(hostname);
    if (refusal !== null) {
      // undici reports a connect error in the same turn to nobody.
      queueMicrotask(() => callback(new EgressRefusal(refusal), null));
      return;
    }
    const tls = protocol === "https:";
    const options = { host: hostname, port: Number(port || (tls ? 443 : 80)), lookup, noDelay: true, keepAlive: true };
    const name = servername ?? host ?? hostname;
    const socket = tls
      ? connectTls({
          ...options,
          ...(isIP(hostname) === 0 ? { servername: hostOnly(name) } : {}),
          ALPNProtocols: ["http/1.1"],
        })
      : connectTcp(options);
    connecting = socket;
    let pending = true;
    const settle = (error: Error | null) => {
      if (!pending) return;
      pending = false;
      connecting = undefined;
      if (error !== null) {
        callback(error, null);
        return;
      }
      connected();
      callback(null, socket);
    };
    socket.once(tls ? "secureConnect" : "connect", () => settle(null));
    // Stays for the life of the socket: an error between two requests would otherwise be uncaught.
    socket.on("error", (error: Error) => settle(error));
    socket.once("close", () => settle(new Error("the connection was closed before it was ready")));
  };

  return { connect, abandon: () => connecting?.destroy() };
}

function hostOnly(name: string): string {
  return name.replace(/:\d+$/, "");
}

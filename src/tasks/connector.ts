import { connect as connectTcp, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import type { Egress } from "./egress.ts";
import { EgressRefusal } from "./resolver.ts";

/** The last TLS session of one handler: without it every new socket costs a whole handshake, out of the handler's time. */
export interface TlsSession {
  latest: Buffer | undefined;
}

export interface ConnectorOptions {
  readonly egress: Egress;
  readonly lookup: LookupFunction;
  readonly session: TlsSession;
}

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
export function createConnector({ egress, lookup, session }: ConnectorOptions, connected: () => void): Connector {
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
    const socket = tls ? openTls(options, servername ?? host ?? hostname, session) : connectTcp(options);
    readInPieces(socket);
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

/** Most that is parsed before it is looked whether the socket is still wanted. */
const pieceBytes = 4096;

/**
 * undici parses all that a socket has at once, and makes an error with a stack of each header beyond its bound: 64 KiB of them
 * cost it 90 ms, and many handlers' calls the thread's time. In pieces it stops behind the first of them, as the socket is destroyed.
 */
function readInPieces(socket: Socket): void {
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    if (socket.destroyed) return null;
    return read(size ?? (socket.readableLength > pieceBytes ? pieceBytes : undefined));
  };
}

function openTls(options: TcpNetConnectOpts, name: string, session: TlsSession): Socket {
  const servername = name.replace(/:\d+$/, "");
  const socket = connectTls({
    ...options,
    // A literal address is no server name (RFC 6066, 3).
    ...(isIP(options.host ?? "") === 0 ? { servername } : {}),
    ...(session.latest === undefined ? {} : { session: session.latest }),
    ALPNProtocols: ["http/1.1"],
  });
  socket.on("session", (latest: Buffer) => {
    session.latest = latest;
  });
  return socket;
}

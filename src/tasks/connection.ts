/** One connection to a handler: one undici Client, one request at a time. */
import { Client, type Dispatcher } from "undici";
import type { CallTime, Over } from "./call-time.ts";
import { type ConnectorOptions, createConnector } from "./connector.ts";
import { Kept } from "./kept.ts";

export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How much of a response is read. */
export interface Reading {
  /** Bytes kept; what comes after them is not read. */
  readonly bytes: number;
  /** Whether a response that announces more need not be begun. */
  readonly refuseLonger: boolean;
}

/** Why less than the whole response was read. */
export type Cut = "size" | "connection" | Over;

export type Exchange =
  | {
      readonly kind: "response";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: Buffer;
      /** Null when the body is complete. */
      readonly cut: Cut | null;
    }
  | { readonly kind: "over"; readonly over: Over }
  /** `stale`: a socket used before was closed before the first byte; the handler need not have seen the request. */
  | { readonly kind: "error"; readonly error: Error; readonly stale: boolean };

export interface ConnectionOptions extends ConnectorOptions {
  readonly origin: string;
  readonly idleMs: number;
}

const ended = new Error("the exchange was ended");

export class Connection {
  /** Called when the socket closes, in use or idle. */
  onClosed: () => void = () => undefined;
  readonly #client: Client;
  readonly #abandon: () => void;
  /** Responses completed on the present socket. */
  #served = 0;

  constructor(options: ConnectionOptions) {
    const connector = createConnector(options, () => {
      this.#served = 0;
    });
    this.#abandon = () => connector.abandon();
    this.#client = new Client(options.origin, {
      connect: connector.connect,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: options.idleMs,
      // A server's own, longer hint does not count; a shorter one does, with room for the way there.
      keepAliveMaxTimeout: options.idleMs,
      keepAliveTimeoutThreshold: 500,
      // The call's own time is the only timer.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#client.on("disconnect", () => this.onClosed());
    this.#client.on("connectionError", () => this.onClosed());
  }

  /** Sends one request; resolves at the end of `time` at the latest. Unless the response was complete, destroy after. */
  exchange(request: Request, time: CallTime, readingOf: (status: number) => Reading): Promise<Exchange> {
    return new Promise((resolve) => {
      const reused = this.#served > 0;
      let begun = false;
      let done = false;
      // Assigned below: the time may be over already, and then its listener is called before onOver returns.
      let forget: () => void = () => undefined;
      let head: { readonly status: number; readonly headers: Dispatcher.ResponseData["headers"] } | undefined;
      let kept = new Kept(0);

      const finish = (exchange: Exchange) => {
        if (done) return;
        done = true;
        forget();
        resolve(exchange);
      };
      const respond = (cut: Cut | null) => {
        if (head !== undefined) finish({ kind: "response", ...head, body: kept.bytes(), cut });
      };
      forget = time.onOver((over) => {
        if (head === undefined) finish({ kind: "over", over });
        else respond(over);
      });

      if (time.over !== undefined) return;
      this.#client.dispatch(
        { method: "POST", path: request.path, headers: request.headers, body: request.body },
        {
          onRequestStart: () => undefined,
          onResponseStarted: () => {
            begun = true;
          },
          onResponseStart: (_controller, status, headers) => {
            if (status < 200 || done) return;
            head = { status, headers };
            const reading = readingOf(status);
            kept = new Kept(reading.bytes);
            if (reading.refuseLonger && Number(headers["content-length"]) > reading.bytes) respond("size");
          },
          onResponseData: (_controller, chunk) => {
            if (!done && !kept.add(chunk)) respond("size");
          },
          onResponseEnd: () => {
            this.#served++;
            respond(null);
          },
          onResponseError: (_controller, error) => {
            if (head !== undefined) respond("connection");
            else finish({ kind: "error", error, stale: reused && !begun && isClosed(error) });
          },
        },
      );
    });
  }

  /** Closes the socket at once, whatever it is doing. */
  destroy(): void {
    this.onClosed = () => undefined;
    // destroy() rejects never; its promise ends when the socket has closed.
    void this.#client.destroy(ended);
    this.#abandon();
  }
}

function isClosed(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

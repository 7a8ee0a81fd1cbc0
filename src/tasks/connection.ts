/** One connection to a handler: one undici Client, one request at a time. */
import { Client } from "undici";
import type { CallTime } from "./call-time.ts";
import { type ConnectorOptions, createConnector } from "./connector.ts";
import { type ConnectionResult, type Reading, type Request, Waiting } from "./waiting.ts";

export interface ConnectionOptions extends ConnectorOptions {
  readonly origin: string;
  readonly idleMs: number;
}

const ended = new Error("the exchange was ended");

export class Connection {
  /** Called when the socket closes, in use or idle. */
  onClosed: (self: Connection) => void = () => undefined;
  readonly #client: Client;
  readonly #abandon: () => void;
  /** Responses completed on the present socket. */
  #served = 0;
  readonly #answered = (): void => {
    this.#served++;
  };

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
    this.#client.on("disconnect", () => this.onClosed(this));
    this.#client.on("connectionError", () => this.onClosed(this));
  }

  /** Sends one request; resolves at the end of `time` at the latest. Unless the response was complete, destroy after. */
  exchange(request: Request, time: CallTime, readingOf: (status: number) => Reading): Promise<ConnectionResult> {
    return new Promise((resolve) => {
      const waiting = new Waiting(resolve, request, time, readingOf, this.#served > 0, this.#answered);
      time.onOver(waiting.over);
      if (time.over !== undefined) return;
      const { body, headers, path } = request;
      this.#client.dispatch({ method: "POST", path, headers, body }, waiting);
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

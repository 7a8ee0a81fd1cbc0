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

export type ConnectionResult =
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

/** Responses with a status below 200 that one request may get before its own; they cost time and say nothing. */
const mostInterim = 8;

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
      const waiting = new Waiting(resolve, time, readingOf, this.#served > 0, this.#answered);
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

/** Waits for the response to one request, as undici hands it over. Ends once; what comes later is not looked at. */
class Waiting implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: ConnectionResult) => void;
  readonly #time: CallTime;
  readonly #readingOf: (status: number) => Reading;
  readonly #reused: boolean;
  readonly #answered: () => void;
  #begun = false;
  #interim = 0;
  #done = false;
  #head: { readonly status: number; readonly headers: Dispatcher.ResponseData["headers"] } | null = null;
  #kept: Kept | null = null;

  /**
   * @param reused whether the socket has been used before.
   * @param answered called at the end of a response.
   */
  constructor(
    resolve: (result: ConnectionResult) => void,
    time: CallTime,
    readingOf: (status: number) => Reading,
    reused: boolean,
    answered: () => void,
  ) {
    this.#resolve = resolve;
    this.#time = time;
    this.#readingOf = readingOf;
    this.#reused = reused;
    this.#answered = answered;
  }

  /** The call's time is over. */
  readonly over = (over: Over): void => {
    if (this.#head === null) this.#finish({ kind: "over", over });
    else this.#respond(over);
  };

  onRequestStart(): void {
    // undici takes only a handler that has this method
  }

  onResponseStarted(): void {
    this.#begun = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Dispatcher.ResponseData["headers"],
  ): void {
    if (this.#done) return;
    if (status < 200) {
      this.#countInterim(controller);
      return;
    }
    this.#head = { status, headers };
    const reading = this.#readingOf(status);
    this.#kept = new Kept(reading.bytes);
    if (reading.refuseLonger && Number(headers["content-length"]) > reading.bytes) this.#tooLong(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#done && this.#kept?.add(chunk) === false) this.#tooLong(controller);
  }

  onResponseEnd(): void {
    this.#answered();
    this.#respond(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#head !== null) this.#respond("connection");
    else this.#finish({ kind: "error", error, stale: this.#reused && !this.#begun && isClosed(error) });
  }

  #countInterim(controller: Dispatcher.DispatchController): void {
    if (++this.#interim <= mostInterim) return;
    const error = new Error(
      `more than ${mostInterim} interim responses (a status below 200) came instead of an answer`,
    );
    this.#finish({ kind: "error", error, stale: false });
    // At once: whoever asked learns of the end only after all that has come in was parsed.
    controller.abort(error);
  }

  #tooLong(controller: Dispatcher.DispatchController): void {
    this.#respond("size");
    controller.abort(ended);
  }

  #respond(cut: Cut | null): void {
    if (this.#head === null || this.#kept === null) return;
    const { headers, status } = this.#head;
    this.#finish({ kind: "response", status, headers, body: this.#kept.bytes(), cut });
  }

  #finish(result: ConnectionResult): void {
    if (this.#done) return;
    this.#done = true;
    this.#time.forget(this.over);
    this.#resolve(result);
  }
}

function isClosed(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

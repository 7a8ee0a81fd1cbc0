/** The wait for one response: how far it is read, and what came of it. */
import type { Dispatcher } from "undici";
import type { CallTime, Over } from "./call-time.ts";
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
  /** The response names another delivery than the request; nothing of it is kept. */
  | { readonly kind: "mistaken" }
  | { readonly kind: "over"; readonly over: Over }
  /** `stale`: a socket used before was closed before the first byte; the handler need not have seen the request. */
  | { readonly kind: "error"; readonly error: Error; readonly stale: boolean };

const broken = new Error("the response was not read to its end");

/**
 * Responses with a status below 200 that one request may get before its own; they cost time and say nothing. (undici takes a
 * 100 that nobody asked for as an error before it comes here.)
 */
const mostInterim = 8;

/** Waits for the response to one request, as undici hands it over. Ends once; what comes later is not looked at. */
export class Waiting implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: ConnectionResult) => void;
  readonly #request: Request;
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
    request: Request,
    time: CallTime,
    readingOf: (status: number) => Reading,
    reused: boolean,
    answered: () => void,
  ) {
    this.#resolve = resolve;
    this.#request = request;
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
    if (status < 200) this.#countInterim(controller);
    else if (isMistaken(headers, this.#request)) this.#break(controller, { kind: "mistaken" });
    else this.#begin(controller, status, headers);
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

  #begin(controller: Dispatcher.DispatchController, status: number, headers: Dispatcher.ResponseData["headers"]): void {
    this.#head = { status, headers };
    const reading = this.#readingOf(status);
    this.#kept = new Kept(reading.bytes);
    if (reading.refuseLonger && Number(headers["content-length"]) > reading.bytes) this.#tooLong(controller);
  }

  #countInterim(controller: Dispatcher.DispatchController): void {
    if (++this.#interim <= mostInterim) return;
    const error = new Error(
      `more than ${mostInterim} interim responses (a status below 200) came instead of an answer`,
    );
    this.#break(controller, { kind: "error", error, stale: false });
  }

  /** Closes the socket at once: whoever asked learns of the end only after all that has come in was parsed. */
  #break(controller: Dispatcher.DispatchController, result: ConnectionResult): void {
    this.#finish(result);
    controller.abort(broken);
  }

  #tooLong(controller: Dispatcher.DispatchController): void {
    this.#respond("size");
    controller.abort(broken);
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

/** Whether the response says of itself that it answers another request: one out of step, or mixed up by a proxy. */
function isMistaken(headers: Dispatcher.ResponseData["headers"], request: Request): boolean {
  const named = headers["webhook-id"] ?? [];
  const id = request.headers["webhook-id"];
  // Equal lines may have been joined on the way (RFC 9110, 5.3); undici leaves the spaces that may follow a value.
  const ids = [named].flat().flatMap((line) => line.split(","));
  return ids.map((one) => one.trim()).some((one) => one !== "" && one !== id);
}

function isClosed(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

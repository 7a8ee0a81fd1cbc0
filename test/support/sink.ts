import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One call of a handler, as it arrived. */
export interface SinkCall {
  /** From 0, over all paths of the sink. */
  readonly number: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, parsed. */
  readonly body: {
    readonly event: { readonly dt: string; readonly events_id: string; readonly object_id: number | string | null };
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** Monotonic. */
  readonly atMs: number;
  /** What it was answered with, as soon as it is; null while it hangs. */
  answered: number | null;
}

/** What a handler does with a call. */
export type SinkReply =
  | { readonly status: number; readonly text?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Never answers; the connection ends with the caller or the sink. */
  | "hang"
  /** The connection is cut before anything is answered. */
  | "reset";

export type Behaviour = (call: SinkCall) => SinkReply | Promise<SinkReply>;

/** Status 200 with a JSON text. */
export function answer(json: unknown): SinkReply {
  return { status: 200, text: JSON.stringify(json) };
}

/** An HTTP server that remembers every call. A path without a behaviour answers 200 with an empty body. */
export class Sink {
  readonly calls: SinkCall[] = [];
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      void this.#serve(request.url ?? "/", request.headers, Buffer.concat(chunks).toString(), response);
    });
  });

  static async open(): Promise<Sink> {
    const sink = new Sink();
    await new Promise<void>((resolve) => {
      sink.#server.listen(0, "127.0.0.1", resolve);
    });
    return sink;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** From now on, for this path. */
  on(path: string, behaviour: Behaviour): void {
    this.#behaviours.set(path, behaviour);
  }

  at(path: string): readonly SinkCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #serve(path: string, headers: IncomingHttpHeaders, text: string, response: ServerResponse): Promise<void> {
    const body = JSON.parse(text) as SinkCall["body"];
    const call: SinkCall = {
      number: this.calls.length,
      path,
      headers,
      text,
      body,
      atMs: performance.now(),
      answered: null,
    };
    this.calls.push(call);
    const reply = (await this.#behaviours.get(path)?.(call)) ?? { status: 200 };
    if (reply === "hang") return;
    if (reply === "reset") {
      response.destroy();
      return;
    }
    call.answered = reply.status;
    response.writeHead(reply.status, { "content-type": "text/html", ...reply.headers }).end(reply.text ?? "");
  }
}

/** An address of this machine where nobody listens. */
export async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await deadPort()}/`;
}

/** A port that was free a moment ago. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

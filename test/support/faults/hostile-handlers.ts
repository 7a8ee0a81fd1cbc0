import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Answered } from "./said.ts";

export type FromHostileThread =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "called"; readonly handler: string }
  | { readonly kind: "answered"; readonly answered: Answered }
  | { readonly kind: "mark"; readonly mark: number };

/** Hostile handlers on a loopback port, and the account of what each of them was asked and said. */
export class HostileHandlers {
  readonly #worker = new Worker(new URL("hostile-thread.ts", import.meta.url));
  readonly #answers = new Map<string, Answered[]>();
  readonly #calls = new Map<string, number>();
  readonly #marks = new Map<number, () => void>();
  #port = 0;
  #lastMark = 0;

  private constructor() {
    this.#worker.on("message", (message: FromHostileThread) => this.#hear(message));
  }

  static async open(): Promise<HostileHandlers> {
    const handlers = new HostileHandlers();
    while (handlers.#port === 0) await once(handlers.#worker, "message");
    return handlers;
  }

  /** The address of a handler. Its play has the handler's name unless `parameters` name another. */
  url(handler: string, parameters: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams(parameters).toString();
    return `http://127.0.0.1:${this.#port}/${handler}${query === "" ? "" : `?${query}`}`;
  }

  calls(handler: string): number {
    return this.#calls.get(handler) ?? 0;
  }

  /** What a handler said of an event, in the order it was said. */
  answers(handler: string, ceId: string): readonly Answered[] {
    return (this.#answers.get(ceId) ?? []).filter((answered) => answered.handler === handler);
  }

  /** Adds what a handler said that does not run here: a script. */
  add(answered: Answered): void {
    const known = this.#answers.get(answered.ceId);
    if (known === undefined) this.#answers.set(answered.ceId, [answered]);
    else known.push(answered);
  }

  /** Resolves when everything said until now has been taken down. */
  async upToDate(): Promise<void> {
    const mark = ++this.#lastMark;
    await new Promise<void>((resolve) => {
      this.#marks.set(mark, resolve);
      this.#worker.postMessage(mark);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: FromHostileThread): void {
    switch (message.kind) {
      case "listening":
        this.#port = message.port;
        break;
      case "called":
        this.#calls.set(message.handler, this.calls(message.handler) + 1);
        break;
      case "answered":
        this.add(message.answered);
        break;
      case "mark":
        this.#marks.get(message.mark)?.();
        this.#marks.delete(message.mark);
    }
  }
}

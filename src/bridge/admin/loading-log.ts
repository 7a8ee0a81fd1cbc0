import type { HandlerLog } from "../../admin/ports.ts";
import { BridgeError, messageOf } from "../../errors.ts";
import type { HandlerStore } from "../../handlers/store.ts";

/** The log of handlers, which says so while it was not read yet: an empty list would look like no handlers. */
export class LoadingLog implements HandlerLog {
  readonly #store: HandlerStore;
  #loaded = false;
  #why = "it is being read";

  constructor(store: HandlerStore) {
    this.#store = store;
  }

  /** Tries to read it, once. Throws as `HandlerStore.start`. */
  async load(): Promise<void> {
    try {
      await this.#store.start();
      this.#loaded = true;
      this.#store.tell();
    } catch (error) {
      this.#why = messageOf(error);
      throw error;
    }
  }

  get isLoaded(): boolean {
    return this.#loaded;
  }

  get readOnly(): string | null {
    return this.#store.readOnly;
  }

  all(): ReturnType<HandlerLog["all"]> {
    return this.#read().all();
  }

  switches(): ReturnType<HandlerLog["switches"]> {
    return this.#read().switches();
  }

  problems(): ReturnType<HandlerLog["problems"]> {
    return this.#loaded ? this.#store.problems() : [];
  }

  onChange(listener: () => void): () => void {
    return this.#store.onChange(() => {
      if (this.#loaded) listener();
    });
  }

  async history(handlerId: string): ReturnType<HandlerLog["history"]> {
    return this.#read().history(handlerId);
  }

  async write(write: Parameters<HandlerLog["write"]>[0]): ReturnType<HandlerLog["write"]> {
    return this.#read().write(write);
  }

  async set(...change: Parameters<HandlerLog["set"]>): Promise<void> {
    return this.#read().set(...change);
  }

  #read(): HandlerStore {
    if (this.#loaded) return this.#store;
    throw new BridgeError("BROKER_UNAVAILABLE", `the log of handlers is not known yet: ${this.#why}`);
  }
}

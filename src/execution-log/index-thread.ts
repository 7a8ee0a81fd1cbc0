import { BridgeError, messageOf } from "../errors.ts";
import { createKafkaClient } from "../kafka/connection/client.ts";
import { createRegistry } from "../kafka/registry/registry.ts";
import { systemClock } from "../model/clock.ts";
import { pause } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";
import { follow } from "./follower.ts";
import { isCorrupt, unavailable } from "./index-file.ts";
import { LiveEntries } from "./live-entries.ts";
import type { FromIndex, IndexSettings, IndexState, Question } from "./messages.ts";
import { OtherLogs } from "./positions.ts";
import { Store } from "./store.ts";

const firstWaitMs = 500;
const longestWaitMs = 10_000;
const housekeepingMs = 1000;
const figuresEveryMs = 3_600_000;
const liveEveryMs = 200;

/** What the index's thread does: keeps a store in step with the topics, answers, and says how it does. */
export class IndexThread {
  readonly #settings: IndexSettings;
  readonly #tell: (message: FromIndex) => void;
  readonly #stopping = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #store: Store | null = null;
  #running: Promise<void> | null = null;
  readonly #live = new LiveEntries();
  #trimmedFiguresMs = -Infinity;
  #state: IndexState = {
    ...{ status: "starting", detail: null, file: null, bytes: null, oldestAtMs: null, behind: null, unread: 0 },
  };

  constructor(settings: IndexSettings, tell: (message: FromIndex) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  start(): void {
    this.#timers.push(
      setInterval(() => this.#guarded(() => this.#keepHouse()), housekeepingMs),
      setInterval(() => this.#tellLive(), liveEveryMs),
    );
    this.#running ??= this.#run();
  }

  answer(id: number, question: Question): void {
    try {
      this.#tell({ kind: "answer", id, answer: this.#answer(question) });
    } catch (error) {
      const known = isCorrupt(error) ? this.#broken(error) : unavailable(this.#settings.folder, error);
      this.#tell({ kind: "refusal", id, code: known.code, message: known.message });
    }
  }

  live(wanted: boolean): void {
    this.#live.want(wanted);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#running;
    this.#guarded(() => this.#store?.close());
    this.#store = null;
  }

  #answer(question: Question): unknown {
    const store = this.#store;
    if (store === null) {
      const why = this.#state.detail ?? "the index of the execution log is being opened: ask again in a moment";
      throw new BridgeError("INDEX_UNAVAILABLE", why);
    }
    switch (question.kind) {
      case "executions":
        return store.executions(question.query);
      case "decisions":
        return store.decisions(question.query);
      case "execution":
        return store.execution(question.id);
      case "decision":
        return store.decision(question.id);
      case "recent":
        return store.recent(question.sinceMs);
      case "steps":
        return store.steps(question.handler, question.sinceMs, question.stepMs);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { kafka, registry: registrySettings, topics, maxAgeMs } = this.#settings;
    const logger = this.#logger();
    const client = createKafkaClient(kafka, logger);
    const registry = createRegistry(registrySettings);
    let waitMs = firstWaitMs;
    let isWarned = false;
    while (!signal.aborted) {
      try {
        const store = this.#opened(logger);
        await follow({
          ...{ client, registry, topics, maxAgeMs, store, signal },
          added: (entries) => this.#live.add(entries, Date.now()),
          behind: (behind) => {
            this.#report({ status: behind === 0 ? "current" : "catching-up", detail: null, behind });
            waitMs = firstWaitMs;
            isWarned = false;
          },
          unread: (records) => this.#report({ unread: this.#state.unread + records }),
        });
      } catch (error) {
        const detail = messageOf(error);
        if (error instanceof OtherLogs || isCorrupt(error)) {
          logger.warn({ detail }, "the index of the execution log is built anew");
          this.#store?.destroy();
          this.#store = null;
          this.#report({ status: "starting", detail: null });
        } else {
          this.#failed(error);
          if (!isWarned)
            logger.warn({ detail, tryAgainInMs: waitMs }, "the execution log cannot be indexed: trying on");
          isWarned = true;
        }
        await pause(systemClock, waitMs, signal);
        waitMs = Math.min(waitMs * 2, longestWaitMs);
      }
    }
  }

  #opened(logger: Logger): Store {
    if (this.#store === null) {
      const { folder, prefix, maxAgeMs, maxBytes } = this.#settings;
      this.#store = new Store({ folder, prefix, maxAgeMs, maxBytes, nowMs: Date.now });
      const { file, isNew } = this.#store;
      logger.info({ file, isNew }, isNew ? "indexing the execution log from its start" : "indexing the execution log");
      this.#report({ file });
    }
    return this.#store;
  }

  /** A broker that is away leaves what is indexed usable; a disk that is full, or a file that is gone, may not. */
  #failed(error: unknown): void {
    const detail = messageOf(error);
    const isOfFile = !(error instanceof BridgeError) || error.code === "INDEX_UNAVAILABLE";
    this.#report({ status: this.#store === null ? "unusable" : "catching-up", detail });
    if (!isOfFile || this.#store === null) return;
    // Opened again: what is wrong may have passed, and if not, that says why.
    this.#guarded(() => this.#store?.close());
    this.#store = null;
  }

  #broken(error: unknown): BridgeError {
    this.#store?.destroy();
    this.#store = null;
    return new BridgeError("INDEX_UNAVAILABLE", `the index was broken and is built anew: ${messageOf(error)}`);
  }

  #tellLive(): void {
    const told = this.#live.take();
    if (told !== null) this.#tell({ kind: "live", ...told });
  }

  #keepHouse(): void {
    const store = this.#store;
    if (store === null) return;
    const startMs = performance.now();
    // A little at a time: queries wait in between.
    const trim = (): void => {
      if (this.#store !== store || this.#stopping.signal.aborted) return;
      if (store.trim() && performance.now() - startMs < housekeepingMs / 2) setImmediate(() => this.#guarded(trim));
    };
    trim();
    if (performance.now() - this.#trimmedFiguresMs > figuresEveryMs) {
      store.trimFigures();
      this.#trimmedFiguresMs = performance.now();
    }
    this.#report({ bytes: store.bytes(), oldestAtMs: store.oldestAtMs() });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (isCorrupt(error)) this.#broken(error);
      else this.#report({ detail: messageOf(error) });
    }
  }

  #report(more: Partial<IndexState>): void {
    this.#state = { ...this.#state, ...more };
    this.#tell({ kind: "state", state: this.#state });
  }

  #logger(): Logger {
    const at = (level: "debug" | "info" | "warn" | "error") => (fields: object, message: string) =>
      this.#tell({ kind: "log", level, fields, message });
    return { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };
  }
}

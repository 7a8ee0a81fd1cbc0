import { randomUUID } from "node:crypto";
import type { Switches } from "../admin/contract/switches.ts";
import type { HandlerLog, Registered, RegisteredVersion, WriteEnd } from "../admin/ports.ts";
import { BridgeError, type Problem } from "../errors.ts";
import type { KafkaClient } from "../kafka/connection/client.ts";
import type { RecordProducer } from "../kafka/produce/producer.ts";
import { openHandlerLogWriter } from "../kafka/records/handler-log-codec.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import { within } from "../model/deadline.ts";
import type { HandlerChange, HandlerLogEntry, HandlerWrite, SwitchChange } from "../model/handler-log.ts";
import type { HandlerProblem } from "../model/instance-status.ts";
import type { Logger } from "../model/logger.ts";
import type { LogState } from "./fold.ts";
import { FoldedLog, type OwnEnd } from "./log.ts";
import { misfits, problem } from "./misfits.ts";
import type { PassedOverWhy } from "./passed-over.ts";
import { refusalOfSwitch } from "./switches.ts";
import { versionsAHandler } from "./versions.ts";

export interface HandlerStoreOptions {
  readonly client: KafkaClient;
  readonly registry: Pick<Registry, "recordById" | "recordBySchema">;
  readonly topic: string;
  /** Its own: nothing else waits behind a change of handlers. Closed with the store. */
  readonly producer: Pick<RecordProducer, "send" | "close">;
  readonly logger: Logger;
  /** What this instance would say to these changes; empty: it would run all of them. */
  readonly check: (state: LogState, changes: HandlerWrite["changes"]) => Promise<readonly Problem[]>;
  /** Why handlers cannot be changed through this instance; null: they can. */
  readonly readOnly?: string | null;
  /** What of the log this instance does not run; of it the store knows nothing itself. */
  readonly runProblems?: () => readonly HandlerProblem[];
  readonly onPassedOver?: (why: PassedOverWhy) => void;
  /** The log says something new; called before those who listen are told. */
  readonly onLog?: () => void;
  readonly clock?: Clock;
  /** From the call of `write` to its end [10,000]. */
  readonly writeMs?: number;
}

/** Longest wait at the start for what the log holds, milliseconds. */
const readAllMs = 30_000;
const usualWriteMs = 10_000;

/**
 * The log of handlers behind its port. Reading is from memory; a write is checked here, written, and read back: who was
 * first is only known when the log has been read past the write's own record.
 */
export class HandlerStore implements HandlerLog {
  readonly readOnly: string | null;
  readonly #options: HandlerStoreOptions;
  readonly #clock: Clock;
  readonly #log: FoldedLog;
  readonly #listeners = new Set<() => void>();
  #all: { readonly of: LogState; readonly handlers: ReadonlyMap<string, Registered> } | null = null;
  #isLoaded = false;
  #closing: Promise<void> | null = null;

  constructor(options: HandlerStoreOptions) {
    this.#options = options;
    this.readOnly = options.readOnly ?? null;
    this.#clock = options.clock ?? systemClock;
    const { client, registry, topic, logger, onPassedOver = () => undefined } = options;
    const changed = (): void => {
      if (!this.#isLoaded) return;
      options.onLog?.();
      this.tell();
    };
    this.#log = new FoldedLog({ client, registry, topic, logger, changed, onPassedOver });
  }

  /**
   * Reads the log to the end it has now, and follows it from there. Throws BROKER_UNAVAILABLE, TIMED_OUT, NOT_SET_UP (says
   * to run `setup`), SETTINGS_INVALID (no right to); may be called again.
   */
  async start(timeoutMs = readAllMs): Promise<void> {
    const { follower } = this.#log;
    const giveUpAtMs = this.#clock.monotonicMs() + timeoutMs;
    const end = await follower.end(timeoutMs);
    this.#log.start();
    await follower.reached(end, Math.max(1, giveUpAtMs - this.#clock.monotonicMs()));
    this.#isLoaded = true;
    this.#options.onLog?.();
    this.tell();
  }

  get state(): LogState {
    return this.#log.state;
  }

  all(): ReturnType<HandlerLog["all"]> {
    const { state } = this.#log;
    if (this.#all?.of !== state) this.#all = { of: state, handlers: registered(state) };
    return { revision: state.revision, handlers: this.#all.handlers };
  }

  /** Also of a handler that was deleted. */
  history(handlerId: string): Promise<readonly RegisteredVersion[]> {
    const versions = this.state.versions.get(handlerId) ?? [];
    return Promise.resolve(
      versions
        .slice(-versionsAHandler)
        .reverse()
        .map(({ revision, write, definition }) => ({ revision, write, definition })),
    );
  }

  switches(): Switches {
    const { bypassBefore, pausedGroups, logLevel } = this.state.switches;
    const holds = bypassBefore !== null && bypassBefore.untilMs > this.#clock.epochMs();
    return {
      bypassBefore: holds ? { until: bypassBefore.until, by: bypassBefore.by, note: bypassBefore.note } : null,
      pausedGroups: [...pausedGroups].map(([group, set]) => ({ group, ...set })),
      logLevel,
    };
  }

  problems(): readonly HandlerProblem[] {
    return [...this.#log.problems(), ...(this.#options.runProblems?.() ?? [])];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells those who listen that there is something new to see. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async write(write: Parameters<HandlerLog["write"]>[0]): Promise<WriteEnd> {
    if (this.readOnly !== null) return { kind: "refused", problems: [problem(null, this.readOnly)] };
    const giveUpAtMs = this.#clock.monotonicMs() + (this.#options.writeMs ?? usualWriteMs);
    await this.#readBases(write.changes, giveUpAtMs);
    const conflict = this.#conflictOf(write.changes);
    if (conflict !== undefined) return { kind: "conflict", found: this.#foundOf(conflict) };
    const problems = [...misfits(write.changes), ...(await this.#options.check(this.state, write.changes))];
    if (problems.length > 0) return { kind: "refused", problems };
    const at = new Date(this.#clock.epochMs()).toISOString();
    const { by, action, note, changes } = write;
    const entry: HandlerWrite = { kind: "handlers", id: randomUUID(), at, by, action, note, changes };
    const { taken, offset } = await this.#append(entry, giveUpAtMs);
    switch (taken) {
      case "counted":
        return { kind: "written", revision: offset };
      case "conflict":
        return { kind: "conflict", found: this.#foundOf(this.#conflictOf(changes) ?? changes[0]) };
      case "refused":
        return { kind: "refused", problems: [problem(null, "too many handlers, or too large ones, for the log")] };
    }
  }

  async set(change: SwitchChange, by: string, note: string | null): Promise<void> {
    const nowMs = this.#clock.epochMs();
    const refusal = refusalOfSwitch(change, nowMs);
    if (refusal !== null) throw new BridgeError("USAGE", refusal);
    const at = new Date(nowMs).toISOString();
    const giveUpAtMs = this.#clock.monotonicMs() + (this.#options.writeMs ?? usualWriteMs);
    const { taken } = await this.#append({ kind: "switch", id: randomUUID(), by, at, note, change }, giveUpAtMs);
    if (taken !== "counted") throw new BridgeError("USAGE", "the switch breaks a bound of the log");
  }

  /** Resolves within `deadlineMs` and three seconds. Idempotent. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= Promise.all([this.#log.stop(), this.#options.producer.close(deadlineMs)]).then(() => undefined);
    return this.#closing;
  }

  /** A base newer than what was read here was written through another instance a moment ago, or never. */
  async #readBases(changes: readonly HandlerChange[], giveUpAtMs: number): Promise<void> {
    const { follower } = this.#log;
    const newest = Math.max(-1, ...changes.map(({ base }) => base ?? -1));
    if (newest < follower.position || newest >= (await follower.end(this.#left(giveUpAtMs)))) return;
    await follower.reached(newest + 1, this.#left(giveUpAtMs));
  }

  #conflictOf(changes: readonly HandlerChange[]): HandlerChange | undefined {
    return changes.find(({ handlerId, base }) => base !== this.#log.revisionOf(handlerId));
  }

  #foundOf(change: HandlerChange | undefined): number | null {
    return change === undefined ? null : this.#log.revisionOf(change.handlerId);
  }

  #left(giveUpAtMs: number): number {
    return Math.max(1, giveUpAtMs - this.#clock.monotonicMs());
  }

  /** Writes, and waits until the record was read back: what stands in the log counts, whatever the broker said of it. */
  async #append(entry: HandlerLogEntry, giveUpAtMs: number): Promise<OwnEnd> {
    const { producer, registry, topic } = this.#options;
    const opening = openHandlerLogWriter(registry, topic);
    const writer = await within(this.#clock, this.#left(giveUpAtMs), "the schema registry", opening);
    const value = writer.encode(entry);
    const key = entry.kind === "switch" ? entry.change.what : (entry.changes[0]?.handlerId ?? null);
    const own = this.#log.own(entry.id);
    const failed = Promise.withResolvers<never>();
    producer.send({ topic, partition: 0, key, value, headers: {} }).catch((error: unknown) => {
      if (isNeverWritten(error)) failed.reject(error);
    });
    try {
      const end = Promise.race([own.end, failed.promise]);
      return await within(this.#clock, this.#left(giveUpAtMs), "the write", end);
    } catch (error) {
      if (isNeverWritten(error)) throw error;
      const code = this.#log.follower.trouble === null ? "TIMED_OUT" : "BROKER_UNAVAILABLE";
      const text =
        "the write was not seen in the log in time: it may or may not have happened, look before you write again";
      throw new BridgeError(code, text, { cause: error });
    } finally {
      own.cancel();
    }
  }
}

const notWritten: ReadonlySet<string> = new Set(["RECORD_TOO_LARGE", "RECORD_REFUSED", "QUEUE_FULL", "CLOSED"]);

function isNeverWritten(error: unknown): boolean {
  return error instanceof BridgeError && notWritten.has(error.code);
}

function registered({ versions }: LogState): ReadonlyMap<string, Registered> {
  const found = new Map<string, Registered>();
  for (const [id, list] of versions) {
    const newest = list.at(-1);
    if (newest?.definition === undefined || newest.definition === null) continue;
    const { revision, definition, write } = newest;
    found.set(id, { definition, revision, changedAt: write.at, changedBy: write.by });
  }
  return found;
}

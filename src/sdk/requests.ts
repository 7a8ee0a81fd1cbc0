import { BridgeError, messageOf } from "../errors.ts";
import { type AskedParts, AskedRequests, type Asking } from "./asked-requests.ts";
import type { BillingEvent } from "./billing-event.ts";
import { BridgesWatch } from "./bridges-watch.ts";
import { checkRequest } from "./check-request.ts";
import type { BillingClientOptions, RequestOptions } from "./client-options.ts";
import { CoreBreaker, type Passage } from "./core-breaker.ts";
import { type RequestVerdict, silentVerdict, verdictOf } from "./request-verdict.ts";

/** What they are made of, besides what the options say. */
export interface RequestParts extends Omit<AskedParts, "groupPrefix" | "maxPending"> {
  readonly options: BillingClientOptions;
}

const usualSilences = 5;

/**
 * Requests and their verdicts. Three things end a request before it is asked: no bridge has a handler, too many wait, the
 * bridge fell silent. What ends one that was asked is in asked-requests.ts. The deadline starts with the call.
 */
export class Requests {
  readonly #parts: RequestParts;
  readonly #asked: AskedRequests;
  readonly #bridges: BridgesWatch | null;
  readonly #breaker: CoreBreaker;
  #closing = false;

  constructor(parts: RequestParts) {
    const { client, clock, options, registry, topics } = parts;
    const groupPrefix = options.groupPrefix ?? "provisioning-bridge";
    this.#parts = parts;
    this.#breaker = new CoreBreaker(options.breakerSilences ?? usualSilences, options.breakerProbeMs ?? 1000);
    this.#asked = new AskedRequests({ ...parts, groupPrefix, maxPending: options.maxPending ?? 10_000 });
    const windowMs = options.heardWithinMs ?? 2000;
    this.#bridges =
      options.skipWithoutHandlers === false
        ? null
        : new BridgesWatch({ client, registry, topic: topics.bridges, groupPrefix, windowMs, clock });
  }

  /** Resolves when every reply written from now on will be seen. */
  async open(timeoutMs: number): Promise<void> {
    this.#bridges?.start();
    await this.#asked.open(timeoutMs);
  }

  ready(): boolean {
    return this.#asked.ready();
  }

  /** How many wait. */
  get pending(): number {
    return this.#asked.size;
  }

  /** What waits is answered by its `onSilence` at once. */
  silenceAll(): void {
    this.#closing = true;
    this.#asked.silenceAll();
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all([this.#asked.close(deadlineMs), this.#bridges?.close(deadlineMs)]);
  }

  /** As BillingClient.request. */
  async ask(event: BillingEvent, own: RequestOptions): Promise<RequestVerdict> {
    const { clock, codecs, events, options, topics } = this.#parts;
    const startMs = clock.monotonicMs();
    const checked = checkRequest(event, own, options, topics);
    const { context } = checked;
    // The codec was looked up when the client was made: no wait here depends on the registry.
    const value = codecs.request(checked.event.type).encode(checked.event.data);
    const about = { eventId: checked.event.type.id, operationId: context.operationId, attempt: context.attempt };
    const untilMs = startMs + checked.deadlineMs;
    const asking: Asking = { ...checked, value, startMs, untilMs, about, unusable: null };
    const verdict = await this.#decide(asking);
    const { changed, decidedBy, decision, handler, ms } = verdict;
    events.tell("verdict", { ...about, decision, decidedBy, handler, changed, ms });
    return verdict;
  }

  async #decide(asking: Asking): Promise<RequestVerdict> {
    const { clock, events } = this.#parts;
    const { about, context } = asking;
    if (this.#bridges?.noneHas(about.eventId) === true) {
      events.tell("no-handler-skip", about);
      return { ...silentVerdict(context, "no-handler", null, this.#elapsed(asking)), decision: "allow" };
    }
    if (this.#asked.full) {
      events.tell("pending-full", about);
      return silentVerdict(context, "pending-full", "too many requests wait already", this.#elapsed(asking));
    }
    const passage = this.#breaker.admit(clock.monotonicMs());
    if (passage === null) {
      events.tell("core-breaker", about);
      return silentVerdict(context, "core-breaker", "the bridge has fallen silent", this.#elapsed(asking));
    }
    const answer = await this.#asked.ask(asking);
    if (answer.kind === "reply") {
      const openMs = this.#breaker.answered(clock.monotonicMs());
      if (openMs !== null) events.tell("core-breaker-closed", { openMs: Math.round(openMs) });
      return verdictOf(context, answer.verdict, this.#elapsed(asking));
    }
    const why = answer.kind === "unsent" ? messageOf(answer.error) : asking.unusable;
    events.tell("silence", { ...about, why });
    if (answer.kind === "silence" || isNoFaultOfData(answer.error)) this.#onSilence(passage);
    return silentVerdict(context, "silence", why, this.#elapsed(asking));
  }

  #onSilence(passage: Passage): void {
    const { clock, events, options } = this.#parts;
    // What closing ends says nothing about the bridge.
    if (this.#closing || !this.#breaker.silent(passage, clock.monotonicMs())) return;
    events.tell("core-breaker-opened", { silences: options.breakerSilences ?? usualSilences });
  }

  #elapsed({ startMs }: Asking): number {
    return Math.round(this.#parts.clock.monotonicMs() - startMs);
  }
}

/** A record that is too large says something about its data, and nothing about bridge or broker. */
function isNoFaultOfData(error: unknown): boolean {
  return !(error instanceof BridgeError && error.code === "RECORD_TOO_LARGE");
}

import { channel } from "node:diagnostics_channel";
import type { Decider, OnSilence } from "./request-verdict.ts";

/** What a request's events name. Never its data: it may hold secrets. */
export interface AboutRequest {
  readonly eventId: string;
  readonly operationId: string;
  readonly attempt: number;
}

/** What is known of a reply that was applied to nothing: the operation its key names, if any. */
export interface AboutReply {
  readonly operationId: string | null;
}

/** What a client tells of itself, by kind. One channel of `node:diagnostics_channel` each (docs/billing-core.md). */
export interface ClientEventByKind {
  /** Every verdict a caller got, whoever decided. `ms`: from the call. */
  readonly verdict: AboutRequest & {
    readonly decision: OnSilence;
    readonly decidedBy: Decider;
    readonly handler: string | null;
    readonly changed: boolean;
    readonly ms: number;
  };
  /** No reply by the deadline, or the request could not be sent: then `why` says so, else it is null. */
  readonly silence: AboutRequest & { readonly why: string | null };
  /** A reply after its deadline. */
  readonly late: AboutReply;
  /** The same verdict again. */
  readonly duplicate: AboutReply;
  /** Another verdict than the first. */
  readonly conflict: AboutReply;
  /** A reply for nobody here: others share the partition. */
  readonly foreign: AboutReply;
  /** A reply that cannot be read, not in time, or that is about something else than was asked. */
  readonly unreadable: AboutRequest & { readonly why: string };
  /** The bridge fell silent: `silences` requests in a row. */
  readonly "core-breaker-opened": { readonly silences: number };
  readonly "core-breaker-closed": { readonly openMs: number };
  /** Not asked, because the core's breaker is open. */
  readonly "core-breaker": AboutRequest;
  /** Not asked, because too many requests wait. */
  readonly "pending-full": AboutRequest;
  /** Not asked, because no bridge has a handler for the event. */
  readonly "no-handler-skip": AboutRequest;
}

export type ClientEventKind = keyof ClientEventByKind;
export type ClientEventCounts = Readonly<Record<ClientEventKind, number>>;

/** As it is published: `source` tells the clients of one process apart. */
export type ClientEvent<K extends ClientEventKind = ClientEventKind> = ClientEventByKind[K] & {
  readonly source: string;
};

const none: ClientEventCounts = {
  verdict: 0,
  silence: 0,
  late: 0,
  duplicate: 0,
  conflict: 0,
  foreign: 0,
  unreadable: 0,
  "core-breaker-opened": 0,
  "core-breaker-closed": 0,
  "core-breaker": 0,
  "pending-full": 0,
  "no-handler-skip": 0,
};

export const clientEventKinds: readonly ClientEventKind[] = Object.keys(none) as ClientEventKind[];

/** The name to subscribe to: `provisioning-bridge:client:late`. */
export function clientChannel(kind: ClientEventKind): string {
  return `provisioning-bridge:client:${kind}`;
}

const channels = new Map(clientEventKinds.map((kind) => [kind, channel(clientChannel(kind))]));

/** Counts what a client tells and publishes it; where nobody listens that costs nothing. */
export class ClientEvents {
  readonly #source: string;
  readonly #counts = { ...none };

  constructor(source: string) {
    this.#source = source;
  }

  tell<K extends ClientEventKind>(kind: K, event: ClientEventByKind[K]): void {
    this.#counts[kind]++;
    const target = channels.get(kind);
    if (target?.hasSubscribers === true) target.publish({ source: this.#source, ...event } satisfies ClientEvent<K>);
  }

  counts(): ClientEventCounts {
    return { ...this.#counts };
  }
}

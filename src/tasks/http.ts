import { readFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import type { Clock } from "../model/clock.ts";
import type { Handler, HttpTask } from "../model/handler.ts";
import { secretsOfAddress } from "../model/masked-address.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallTime } from "./call-time.ts";
import type { Exchange, Reading, Request } from "./connection.ts";
import type { Egress } from "./egress.ts";
import { type CallHeaders, callHeaders } from "./headers.ts";
import type { TaskLimits } from "./limits.ts";
import type { Signer, Signing } from "./signature.ts";
import { Sockets } from "./sockets.ts";

export type HttpResult = Exchange | { readonly kind: "refused"; readonly detail: string };

/** `hidden`: what beside the body nobody is to see, also where the handler repeats it. */
export interface HttpCall {
  readonly result: HttpResult;
  readonly hidden: readonly string[];
}

export interface HttpOptions {
  readonly egress: Egress;
  readonly lookup: LookupFunction;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly limits: TaskLimits;
  readonly onHeaders?: ((headers: CallHeaders) => void) | undefined;
}

/** A handler's address and what belongs to it. A handler whose address changed gets a new one. */
interface Target {
  readonly url: string;
  readonly path: string;
  readonly hidden: readonly string[];
  readonly sockets: Sockets;
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** Fixed headers. `identity`: an answer is judged by its size, which compression would hide. */
const fixedHeaders = {
  "content-type": "application/json",
  accept: "application/json",
  "accept-encoding": "identity",
  "user-agent": `provisioning-bridge/${version}`,
} as const;

/** POSTs calls to handlers, each handler over sockets of its own. Redirects are not followed, nothing is decompressed. */
export class HttpTasks {
  readonly #options: HttpOptions;
  readonly #targets = new Map<string, Target>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Rejects never; ends when `time` does. */
  async call(handler: Handler, task: HttpTask, call: TaskCall, body: string, time: CallTime): Promise<HttpCall> {
    const target = this.#target(handler.id, task.url);
    if (typeof target === "string") return refused(target);
    const { clock, limits, onHeaders } = this.#options;
    const nowMs = clock.epochMs();
    let headers: CallHeaders = { ...fixedHeaders, ...callHeaders(call, handler.stage, nowMs, time.remainingMs()) };
    let { hidden } = target;
    if (task.secretRefs.length > 0) {
      const signing = await time.within(this.#sign(task, headers, nowMs, body));
      if (signing.kind === "over") return { result: signing, hidden: [] };
      if (signing.value.kind === "no-secret") return refused(signing.value.detail);
      const { hidden: keys, signature } = signing.value;
      hidden = [...hidden, ...keys];
      if (signature !== null) headers = { ...headers, "webhook-signature": signature };
    }
    onHeaders?.(headers);
    const request = { path: target.path, headers, body };
    const result = await this.#send(target.sockets, request, time, readingFor(handler, limits));
    return { result, hidden };
  }

  /** Drops the sockets of a handler that is gone or was changed; calls under way end as they would. */
  forget(handlerId: string): void {
    this.#targets.get(handlerId)?.sockets.close();
    this.#targets.delete(handlerId);
  }

  close(): void {
    for (const handlerId of [...this.#targets.keys()]) this.forget(handlerId);
  }

  async #send(
    sockets: Sockets,
    request: Request,
    time: CallTime,
    reading: (status: number) => Reading,
  ): Promise<Exchange> {
    const first = await exchangeOn(sockets, false, request, time, reading);
    if (first.kind !== "error" || !first.stale || time.over !== undefined) return first;
    // Servers close idle sockets when they like. The handler may have seen it: the webhook-id tells.
    return await exchangeOn(sockets, true, request, time, reading);
  }

  #sign(task: HttpTask, headers: CallHeaders, nowMs: number, body: string): Promise<Signing> {
    return this.#options.signer.sign(task.secretRefs, headers["webhook-id"] ?? "", nowMs, body);
  }

  /** The handler's target, or why its address is refused. */
  #target(handlerId: string, url: string): Target | string {
    const known = this.#targets.get(handlerId);
    if (known?.url === url) return known;
    this.forget(handlerId);
    const { egress, lookup, limits } = this.#options;
    const refusal = egress.checkLiteral(url);
    if (refusal !== null) return refusal;
    const { origin, pathname, search } = new URL(url);
    const target: Target = {
      url,
      path: pathname + search,
      hidden: secretsOfAddress(url),
      sockets: new Sockets({ origin, egress, lookup, session: { latest: undefined }, idleMs: limits.idleSocketMs }),
    };
    this.#targets.set(handlerId, target);
    return target;
  }
}

async function exchangeOn(
  sockets: Sockets,
  fresh: boolean,
  request: Request,
  time: CallTime,
  reading: (status: number) => Reading,
): Promise<Exchange> {
  const lent = sockets.lend(fresh);
  const exchange = await lent.connection.exchange(request, time, reading);
  if (exchange.kind === "response" && exchange.cut === null) lent.keep();
  else lent.drop();
  return exchange;
}

/** An answer is read whole or not at all; everything else only as far as logs keep it. */
function readingFor(handler: Handler, limits: TaskLimits): (status: number) => Reading {
  return (status) =>
    handler.stage === "before" && status < 300
      ? { bytes: limits.answerBytes, refuseLonger: true }
      : { bytes: limits.logBytes, refuseLonger: false };
}

function refused(detail: string): HttpCall {
  return { result: { kind: "refused", detail }, hidden: [] };
}

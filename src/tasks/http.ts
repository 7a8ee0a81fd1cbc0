import { readFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import type { Clock } from "../model/clock.ts";
import type { Handler, HttpTask, Stage } from "../model/handler.ts";
import { secretsOfAddress } from "../model/masked-address.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallTime } from "./call-time.ts";
import type { Egress } from "./egress.ts";
import { type CallHeaders, callHeaders } from "./headers.ts";
import type { TaskLimits } from "./limits.ts";
import type { Signer } from "./signature.ts";
import { Sockets } from "./sockets.ts";
import type { ConnectionResult, Reading, Request } from "./waiting.ts";

export type HttpResult = ConnectionResult | { readonly kind: "refused"; readonly detail: string };

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

/** One call, ready to be sent. */
interface Post {
  readonly request: Request;
  readonly sockets: Sockets;
  readonly hidden: readonly string[];
  readonly reading: (status: number) => Reading;
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

const userAgent = `provisioning-bridge/${version}`;

/** `identity`: an answer is judged by its size, which compression would hide. */
function httpHeaders(call: TaskCall, stage: Stage, nowMs: number, remainingMs: number): Record<string, string> {
  const headers = callHeaders(call, stage, nowMs, remainingMs);
  headers["content-type"] = "application/json";
  headers["accept"] = "application/json";
  headers["accept-encoding"] = "identity";
  headers["user-agent"] = userAgent;
  return headers;
}

/** POSTs calls to handlers, each handler over sockets of its own. Redirects are not followed, nothing is decompressed. */
export class HttpTasks {
  readonly #options: HttpOptions;
  readonly #targets = new Map<string, Target>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Rejects never; ends when `time` does. */
  call(handler: Handler, task: HttpTask, call: TaskCall, body: string, time: CallTime): Promise<HttpCall> {
    const target = this.#target(handler.id, task.url);
    if (typeof target === "string") return Promise.resolve(refused(target));
    const { clock, limits } = this.#options;
    const nowMs = clock.epochMs();
    const headers = httpHeaders(call, handler.stage, nowMs, time.remainingMs());
    const { hidden, sockets } = target;
    const post: Post = {
      request: { path: target.path, headers, body },
      sockets,
      hidden,
      reading: readingFor(handler, limits),
    };
    return task.secretRefs.length === 0 ? this.#send(post, time) : this.#sign(task, post, nowMs, time);
  }

  /** Drops the sockets of a handler that is gone or was changed; calls under way end as they would. */
  forget(handlerId: string): void {
    this.#targets.get(handlerId)?.sockets.close();
    this.#targets.delete(handlerId);
  }

  close(): void {
    for (const handlerId of [...this.#targets.keys()]) this.forget(handlerId);
  }

  async #send({ hidden, reading, request, sockets }: Post, time: CallTime): Promise<HttpCall> {
    this.#options.onHeaders?.(request.headers);
    for (let again = false; ; again = true) {
      const connection = sockets.lend(again);
      const result = await connection.exchange(request, time, reading);
      if (result.kind === "response" && result.cut === null) sockets.keep(connection);
      else sockets.drop(connection);
      // Servers close idle sockets when they like. The handler may have seen it: the webhook-id tells.
      if (again || result.kind !== "error" || !result.stale || time.over !== undefined) return { result, hidden };
    }
  }

  /** Sends it with a signature, if there is a secret to sign with. */
  async #sign(task: HttpTask, post: Post, nowMs: number, time: CallTime): Promise<HttpCall> {
    const { body, headers } = post.request;
    const { signer } = this.#options;
    const signing = await time.within(signer.sign(task.secretRefs, headers["webhook-id"] ?? "", nowMs, body));
    if (signing.kind === "over") return { result: signing, hidden: [] };
    if (signing.value.kind === "no-secret") return refused(signing.value.detail);
    const { hidden, signature } = signing.value;
    const request = { ...post.request, headers: { ...headers, "webhook-signature": signature } };
    return this.#send({ ...post, request, hidden: [...post.hidden, ...hidden] }, time);
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

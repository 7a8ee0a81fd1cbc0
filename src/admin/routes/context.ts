import type { FastifyReply } from "fastify";
import type { TSchema } from "typebox";
import { Type } from "typebox";
import type { AdminApp } from "../admin-app.ts";
import { HandlerId, problemDetailsId } from "../contract/common.ts";
import type { Gate } from "../guard/gate.ts";
import type { Identity } from "../identity/identity.ts";
import type { AdminPorts } from "../ports.ts";
import { Refusal } from "../problem.ts";

/** What every group of routes is made with. */
export interface RouteParts {
  readonly ports: AdminPorts;
  readonly gate: Gate;
  readonly about: { readonly version: string; readonly instance: string };
}

export type Routes = (app: AdminApp, parts: RouteParts) => void;

/** The part, or 503: this process was started without it. */
export function present<T>(port: T | null, what: string): T {
  if (port === null) throw new Refusal("NOT_HERE", `${what} cannot be asked of this instance`);
  return port;
}

/** Who did it, as it is kept. */
export function byOf(identity: Identity | null): string {
  return identity?.user ?? "anonymous";
}

/**
 * Aborts when nobody waits for the answer any more: the connection is closed, or the time for an answer is over. (A
 * request's own signal also says so once its body was read.)
 */
export function givenUp({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return AbortSignal.any([gone.signal, AbortSignal.timeout(answerWithinMs)]);
}

/** A little less than the server gives a route. Milliseconds. */
const answerWithinMs = 18_000;

/** The answers of a route for the contract: its own, and a problem for all else. */
export function answers<S extends Readonly<Record<number, TSchema>>>(own: S): S & { readonly default: TSchema } {
  return { ...own, default: problemAnswer };
}

const problemAnswer = {
  description: "Refused, or it did not work",
  content: { "application/problem+json": { schema: Type.Ref(`${problemDetailsId}#`) } },
};

export const HandlerParams = Type.Object({ id: HandlerId });

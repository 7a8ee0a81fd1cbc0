import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";
import type { Identity } from "./identity/identity.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null: nobody was asked, or let in. */
    identity: Identity | null;
    /** The code of the problem it ended with. */
    problemCode: string | null;
  }
  interface FastifyContextConfig {
    /** What a route needs; default: writing for every method but GET. */
    access?: "read" | "write";
  }
}

export type AdminApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Whether a request may change something: by its method, unless its route says otherwise. */
export function isWrite({ method, routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config.access ?? (method === "GET" || method === "HEAD" ? "read" : "write")) === "write";
}

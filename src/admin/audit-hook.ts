import type { FastifyReply, FastifyRequest } from "fastify";
import { isWrite } from "./admin-app.ts";
import type { AuditTrail } from "./ports.ts";

/** What was refused although nothing would have been changed: somebody who is not let in. */
const refusals = new Set([401, 403, 421, 429]);

/**
 * Leaves a line for every write and everything refused. When its answer is ready, not when it was received: whoever
 * hangs up in between has changed things all the same.
 */
export class AuditHook {
  readonly #trail: AuditTrail;

  constructor(trail: AuditTrail) {
    this.#trail = trail;
  }

  ended(request: FastifyRequest, reply: FastifyReply): void {
    const refused = refusals.has(reply.statusCode);
    if (!refused && !isWrite(request)) return;
    // Nothing is there: neither a write nor a refusal.
    if (!refused && request.routeOptions.url === undefined) return;
    const { identity, problemCode } = request;
    this.#trail.record({
      at: new Date().toISOString(),
      by: identity === null ? null : (identity.user ?? "anonymous"),
      role: identity?.role ?? null,
      action: `${request.method} ${request.routeOptions.url ?? "(unknown)"}`,
      target: targetOf(request.params),
      outcome: problemCode ?? "done",
      address: request.ip,
    });
  }
}

function targetOf(params: unknown): string | null {
  if (typeof params !== "object" || params === null) return null;
  const values = Object.values(params).map(String);
  return values.length === 0
    ? null
    : values
        .join("/")
        .replaceAll(/\p{Cc}/gu, " ")
        .slice(0, 200);
}

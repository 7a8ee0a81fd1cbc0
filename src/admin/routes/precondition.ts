import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Refusal } from "../problem.ts";

/** `If-Match: "<revision>"` for what is there, `If-None-Match: *` for what must not be there yet. */
export const PreconditionHeaders = Type.Object({
  "if-match": Type.Optional(
    Type.String({ maxLength: 100, description: 'The revision this builds on, as the ETag says: "17"' }),
  ),
  "if-none-match": Type.Optional(Type.String({ maxLength: 100, description: "* : there must be none" })),
});

/** The revision a write builds on; null: none must be there. Throws Refusal. */
export function baseOf({ headers }: Pick<FastifyRequest, "headers">): number | null {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match !== undefined && noneMatch !== undefined) {
    throw new Refusal("REQUEST_INVALID", "send either If-Match or If-None-Match");
  }
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === "*") return null;
    throw new Refusal("REQUEST_INVALID", "If-None-Match must be *");
  }
  if (match === undefined) {
    throw new Refusal(
      "PRECONDITION_REQUIRED",
      'say which revision this builds on: If-Match: "<revision>" (the ETag of GET), or If-None-Match: * to create',
    );
  }
  const revision = /^(?:W\/)?"(\d{1,15})"$/.exec(match.trim())?.[1];
  if (revision === undefined)
    throw new Refusal("REQUEST_INVALID", 'If-Match must be a revision in quotes, such as "17"');
  return Number(revision);
}

export function etagOf(revision: number): string {
  return `"${revision}"`;
}

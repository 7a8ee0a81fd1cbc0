import { type Static, Type } from "typebox";
import { exact, FilterText, Instant, nullable, page, pageQuery } from "./common.ts";

/** `GET /api/audit`, newest first: every write, and everything that was refused. */
export const AuditEntry = Type.Object({
  at: Instant,
  by: nullable(Type.String()),
  role: nullable(Type.String()),
  /** Method and route. */
  action: Type.String(),
  target: nullable(Type.String()),
  /** `done` or the problem's code. */
  outcome: Type.String(),
  /** Where the request came from, as this process sees it: behind a proxy, the proxy. */
  address: nullable(Type.String()),
  instance: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;
export const AuditQuery = exact({
  by: Type.Optional(FilterText),
  /** Part of the action, the target or the outcome. */
  text: Type.Optional(FilterText),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  ...pageQuery,
});
export type AuditQuery = Static<typeof AuditQuery>;
export const AuditPage = page(AuditEntry);

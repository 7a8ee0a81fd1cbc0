import { type Static, type TSchema, Type } from "typebox";

/** What every page and program sees of the admin API, declared once: types, validation and the OpenAPI document come from it. */

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** ISO 8601 in UTC, milliseconds. */
export const Instant = Type.String({ format: "date-time" });
export const HandlerId = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,62}$" });
export const Stage = Type.Union([Type.Literal("before"), Type.Literal("after")]);
export const Status = Type.Union([Type.Literal("enabled"), Type.Literal("disabled"), Type.Literal("archived")]);
export const Role = Type.Union([Type.Literal("viewer"), Type.Literal("operator")]);
export type Role = Static<typeof Role>;

/** One thing that is wrong with what was sent; as errors.ts has it. */
export const Problem = Type.Object({
  path: nullable(Type.String()),
  place: nullable(Type.Object({ file: Type.String(), line: Type.Integer(), column: Type.Integer() })),
  message: Type.String(),
  hint: nullable(Type.String()),
});

/** RFC 9457, `application/problem+json`. */
export const ProblemDetails = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  /** Stable: of errors.ts, or `CONFLICT`, `NOT_FOUND`, `UNAUTHENTICATED`, `FORBIDDEN`, `READ_ONLY`, `TOO_MANY`. */
  code: Type.String(),
  problems: Type.Optional(Type.Array(Problem)),
});
export type ProblemDetails = Static<typeof ProblemDetails>;

/** A page of a list, newest first unless said otherwise; `next` goes into `cursor`, null at the end. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: nullable(Type.String()) });

export const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};

/** Who asks, and what the interface may offer. `GET /api/session` */
export const Session = Type.Object({
  user: nullable(Type.String()),
  role: Role,
  authentication: Type.Union([Type.Literal("none"), Type.Literal("token"), Type.Literal("oidc")]),
  /** Why nothing can be changed here; null: it can, within the role. */
  readOnly: nullable(Type.String()),
  version: Type.String(),
  instance: Type.String(),
});
export type Session = Static<typeof Session>;

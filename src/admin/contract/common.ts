import {
  type Static,
  type TArray,
  type TNull,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  type TUnion,
  Type,
} from "typebox";

/** What every page and program sees of the admin API, declared once: types, validation and the OpenAPI document come from it. */

export const nullable = <T extends TSchema>(schema: T): TUnion<[T, TNull]> => Type.Union([schema, Type.Null()]);

/** What is sent to the API: a key it does not know is refused, as it would be a slip that nobody notices. */
export const exact = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });

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

/** Its name in the OpenAPI document. */
export const problemDetailsId = "ProblemDetails";

/** RFC 9457, `application/problem+json`. */
export const ProblemDetails = Type.Object(
  {
    /** `about:blank`: the code says which. */
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    /** For people; says what to do. */
    detail: Type.String(),
    /** Stable: of errors.ts, or one of `refusalCodes` (admin/problem.ts). */
    code: Type.String(),
    /** Each thing that is wrong, where there are several. */
    problems: Type.Optional(Type.Array(Problem)),
    /** Of CONFLICT: the revision that is there; null: none is. */
    found: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    /** Of TOO_MANY_FAILURES and TOO_MANY: when to try again; as the header Retry-After. */
    retryAfterSeconds: Type.Optional(Type.Integer()),
  },
  { $id: problemDetailsId },
);
export type ProblemDetails = Static<typeof ProblemDetails>;

/** A page of a list, newest first unless said otherwise; `next` goes into `cursor`, null at the end. */
export const page = <T extends TSchema>(item: T): TObject<{ items: TArray<T>; next: TUnion<[TString, TNull]> }> =>
  Type.Object({ items: Type.Array(item), next: nullable(Type.String()) });

export const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};

/** Text of a filter. */
export const FilterText = Type.String({ minLength: 1, maxLength: 500 });

/** Who asks, and what the interface may offer. `GET /api/session` */
export const Session = Type.Object({
  user: nullable(Type.String()),
  role: Role,
  /** How this one was recognised. `none` with the role of an operator: everything is open to everybody (ADMIN_INSECURE); say so. */
  authentication: Type.Union([Type.Literal("none"), Type.Literal("token"), Type.Literal("oidc")]),
  /** Why nothing can be changed here; null: it can, within the role. */
  readOnly: nullable(Type.String()),
  /** Why handlers cannot be changed here, where the rest can be (HANDLERS_MODE=file). */
  handlersReadOnly: nullable(Type.String()),
  version: Type.String(),
  instance: Type.String(),
});
export type Session = Static<typeof Session>;

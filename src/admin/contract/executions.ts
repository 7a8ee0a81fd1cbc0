import { type Static, Type } from "typebox";
import { exact, FilterText, Instant, nullable, page, pageQuery, Stage } from "./common.ts";

/** `GET /api/executions`: one row a call of a handler. */
export const ExecutionQuery = exact({
  handler: Type.Optional(FilterText),
  event: Type.Optional(FilterText),
  stage: Type.Optional(Stage),
  status: Type.Optional(Type.Union([Type.Literal("success"), Type.Literal("fail")])),
  outcome: Type.Optional(FilterText),
  object: Type.Optional(FilterText),
  client: Type.Optional(FilterText),
  operation: Type.Optional(FilterText),
  /** Words of the data sent, the response or the error. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  ...pageQuery,
});
export type ExecutionQuery = Static<typeof ExecutionQuery>;

export const ExecutionRow = Type.Object({
  id: Type.String(),
  at: Instant,
  event: nullable(Type.String()),
  stage: Stage,
  /** `fail`: a usable answer was needed and did not come. */
  status: Type.Union([Type.Literal("success"), Type.Literal("fail")]),
  /** `allow`, `forbid`, `cancelled` (nobody needed the answer any more), `delivered`, or the failure's kind. */
  outcome: Type.String(),
  handler: Type.String(),
  objectId: nullable(Type.String()),
  /** The record's key: the client's id. */
  client: nullable(Type.String()),
  /** Response or error, the first line, masked. */
  said: Type.String(),
  ms: Type.Number(),
  attempt: Type.Integer(),
});
export type ExecutionRow = Static<typeof ExecutionRow>;
export const ExecutionPage = page(ExecutionRow);

/** `GET /api/executions/{id}` */
export const ExecutionDetail = Type.Object({
  row: ExecutionRow,
  instance: Type.String(),
  deliveryId: Type.String(),
  sequence: Type.String(),
  group: nullable(Type.String()),
  /** The body as sent and as it came back: masked; null where nothing was. `cut`: bounded. */
  sent: nullable(Type.String()),
  sentCut: Type.Boolean(),
  answered: nullable(Type.String()),
  answeredCut: Type.Boolean(),
  /** HTTP status or exit code; null: there was none. (`status`, of the row, says whether a usable answer came.) */
  answerCode: nullable(Type.Integer()),
  detail: nullable(Type.String()),
  /** What followed an attempt after the event: accept, retry, dead-letter. */
  disposition: nullable(Type.String()),
  retryInMs: nullable(Type.Integer()),
  delayMs: nullable(Type.Integer()),
  /** The decision it was part of; before the event only. */
  decision: nullable(Type.String()),
});
export type ExecutionDetail = Static<typeof ExecutionDetail>;

/** `GET /api/decisions`: one row a request. */
export const DecisionQuery = exact({
  handler: Type.Optional(FilterText),
  event: Type.Optional(FilterText),
  decision: Type.Optional(FilterText),
  decidedBy: Type.Optional(FilterText),
  object: Type.Optional(FilterText),
  client: Type.Optional(FilterText),
  operation: Type.Optional(FilterText),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  ...pageQuery,
});
export type DecisionQuery = Static<typeof DecisionQuery>;

export const DecisionRow = Type.Object({
  id: Type.String(),
  at: Instant,
  event: nullable(Type.String()),
  objectId: nullable(Type.String()),
  client: nullable(Type.String()),
  operationId: Type.String(),
  attempt: Type.Integer(),
  decision: Type.String(),
  decidedBy: Type.String(),
  handler: nullable(Type.String()),
  reason: nullable(Type.String()),
  changes: Type.Integer(),
  ms: Type.Number(),
});
export type DecisionRow = Static<typeof DecisionRow>;
export const DecisionPage = page(DecisionRow);

/** `GET /api/decisions/{id}` */
export const DecisionDetail = Type.Object({
  row: DecisionRow,
  instance: Type.String(),
  sequence: Type.String(),
  reason: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  handlers: Type.Array(Type.Object({ id: Type.String(), outcome: Type.String(), ms: Type.Number() })),
  changes: Type.Array(
    Type.Object({ path: Type.String(), from: nullable(Type.String()), to: Type.String(), handler: Type.String() }),
  ),
  failures: Type.Array(Type.Object({ handler: Type.String(), kind: Type.String(), detail: Type.String() })),
  warnings: Type.Array(Type.String()),
  end: Type.String(),
  /** Milliseconds after receipt; null: that step was not reached. */
  timing: Type.Object({
    askedAt: Instant,
    receivedAt: Instant,
    readMs: nullable(Type.Number()),
    decidedMs: Type.Number(),
    repliedMs: nullable(Type.Number()),
  }),
});
export type DecisionDetail = Static<typeof DecisionDetail>;

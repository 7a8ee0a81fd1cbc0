import { type Static, Type } from "typebox";
import { exact, FilterText, HandlerId, Instant, nullable, Problem, Stage, Status } from "./common.ts";

/** A handler as people write it: one item of the handlers file as JSON. Its keys are checked by config/, not here. */
export const Definition = Type.Object({ id: HandlerId }, { additionalProperties: true });
export type Definition = Static<typeof Definition>;

/** `GET /api/handlers`; by priority, then id. Without `status` those that are not archived. */
export const HandlerQuery = exact({
  /** Part of the id, the name or the task. */
  search: Type.Optional(FilterText),
  /** Id or alias. */
  event: Type.Optional(FilterText),
  task: Type.Optional(Type.Union([Type.Literal("http"), Type.Literal("script")])),
  stage: Type.Optional(Stage),
  status: Type.Optional(Type.Union([Status, Type.Literal("all")])),
});
export type HandlerQuery = Static<typeof HandlerQuery>;

/** A row of the list. */
export const HandlerRow = Type.Object({
  id: HandlerId,
  /** Grows with every change of this handler; goes into `If-Match`. */
  revision: Type.Integer(),
  priority: Type.Integer(),
  name: Type.String(),
  events: Type.Array(Type.String()),
  stage: Stage,
  /** `target`: address without secrets, or the script's path. */
  task: Type.Object({ kind: Type.Union([Type.Literal("http"), Type.Literal("script")]), target: Type.String() }),
  status: Status,
  /** Of before handlers. */
  mode: nullable(Type.Union([Type.Literal("enforce"), Type.Literal("warn"), Type.Literal("shadow")])),
  /** Of after handlers. */
  group: nullable(Type.String()),
  changedAt: Instant,
  changedBy: Type.String(),
  /** Why instances do not run it as it stands here (they run the last version they can). Empty in every sane case. */
  problems: Type.Array(Type.String()),
  /** The worst state among the instances; null: none has told. */
  breaker: nullable(Type.Union([Type.Literal("closed"), Type.Literal("half-open"), Type.Literal("open")])),
  /** Of the last hour's calls, from the execution log; p95 in milliseconds. Null: the execution log cannot be read now. */
  recent: nullable(Type.Object({ ok: Type.Integer(), failed: Type.Integer(), p95Ms: nullable(Type.Number()) })),
  /** Of after handlers: of its group; null where it cannot be told. */
  lag: nullable(Type.Object({ records: Type.Integer(), oldestMs: nullable(Type.Integer()) })),
});
export type HandlerRow = Static<typeof HandlerRow>;

export const HandlerList = Type.Object({
  items: Type.Array(HandlerRow),
  /** Of the whole set. */
  revision: Type.Integer(),
});

/**
 * `GET /api/handlers/{id}`; ETag is the revision. `PUT` answers the same. Query values of its address are shown as `***`,
 * here and in `yaml`; written back as `***` they stay what they were.
 */
export const HandlerDetail = Type.Object({ row: HandlerRow, definition: Definition, yaml: Type.String() });
export type HandlerDetail = Static<typeof HandlerDetail>;

/** `PUT /api/handlers/{id}` with `If-Match: "<revision>"`, or `If-None-Match: *` to create it. */
export const HandlerWrite = exact({
  definition: Definition,
  note: Type.Optional(Type.String({ maxLength: 500 })),
});

/**
 * `POST /api/handlers/{id}/status`, with `If-Match`. An after handler that is enabled goes on where it left off, or, `from`
 * now, with what is recorded from now on: what waits is then not for it.
 */
export const StatusWrite = exact({
  status: Status,
  from: Type.Optional(Type.Union([Type.Literal("left-off"), Type.Literal("now")])),
});

/** `POST /api/handlers/{id}/rollback`, with `If-Match`; of a deleted one `If-None-Match: *`. Makes an older version the newest. */
export const Rollback = exact({ revision: Type.Integer() });

/** `GET /api/handlers/{id}/history`, newest first; `DELETE /api/handlers/{id}` with `If-Match` ends in it too. */
export const HandlerVersion = Type.Object({
  revision: Type.Integer(),
  at: Instant,
  by: Type.String(),
  action: Type.String(),
  note: nullable(Type.String()),
  /** Null: it was deleted. */
  definition: nullable(Definition),
  yaml: nullable(Type.String()),
});
export type HandlerVersion = Static<typeof HandlerVersion>;

export const HandlerHistory = Type.Object({ items: Type.Array(HandlerVersion) });

/** The budget proof of one event id: what its before handlers take at worst against what they may. Milliseconds. */
export const BudgetRow = Type.Object({
  event: Type.String(),
  fits: Type.Boolean(),
  sumMs: Type.Integer(),
  shareMs: Type.Integer(),
  mutators: Type.Array(Type.Object({ id: Type.String(), timeoutMs: Type.Integer() })),
  validators: Type.Array(Type.Object({ id: Type.String(), timeoutMs: Type.Integer() })),
  fixedMs: Type.Integer(),
});
export type BudgetRow = Static<typeof BudgetRow>;

/** A field that a before handler of these events may be allowed to change, or why it may not. */
export const FieldPolicyRow = Type.Object({
  field: Type.String(),
  type: Type.String(),
  /** `free`: `["*"]` covers it; `named`: it must be named; `never`: no handler may. */
  may: Type.Union([Type.Literal("free"), Type.Literal("named"), Type.Literal("never")]),
  rules: Type.Array(Type.String()),
});
export type FieldPolicyRow = Static<typeof FieldPolicyRow>;

/** `POST /api/handlers/check`: what saving it would say. Changes nothing. */
export const CheckRequest = exact({ definition: Type.Unknown() });
export const CheckResult = Type.Object({
  /** Each path begins within the definition: `task.http.url`; null: it concerns all of it. */
  problems: Type.Array(Problem),
  warnings: Type.Array(Type.String()),
  budget: Type.Array(BudgetRow),
  fields: Type.Array(FieldPolicyRow),
  yaml: nullable(Type.String()),
});
export type CheckResult = Static<typeof CheckResult>;

/** `POST /api/handlers/{id}/test`: one call, nothing is applied. Neither: the event's sample data. */
export const TestRequest = exact({
  event: Type.String(),
  data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** An entry of the execution log whose recorded data is sent. */
  execution: Type.Optional(Type.String()),
  /** Instead of the stored definition, for a form that is not saved yet. */
  definition: Type.Optional(Definition),
});
export type TestRequest = Static<typeof TestRequest>;
export const TestResult = Type.Object({
  /** Masked. */
  request: Type.String(),
  headers: Type.Record(Type.String(), Type.String()),
  /** What came back as it came, masked and bounded; null: nothing did. */
  answer: nullable(Type.String()),
  /** `allow`, `forbid`, `delivered`, `no-match` (its `when` is false), or the failure's kind. */
  outcome: Type.String(),
  detail: nullable(Type.String()),
  changes: Type.Array(Type.Object({ path: Type.String(), from: nullable(Type.String()), to: Type.String() })),
  ms: Type.Number(),
});
export type TestResult = Static<typeof TestResult>;

/** `GET /api/handlers/{id}/figures?minutes=60`: equal steps of time, oldest first. */
export const FiguresQuery = exact({
  minutes: Type.Optional(Type.Integer({ minimum: 5, maximum: 10_080, default: 60 })),
});
export const Figures = Type.Object({
  stepMs: Type.Integer(),
  steps: Type.Array(
    Type.Object({
      at: Instant,
      ok: Type.Integer(),
      failed: Type.Integer(),
      p50Ms: nullable(Type.Number()),
      p95Ms: nullable(Type.Number()),
    }),
  ),
  /** Outcomes by name over all steps. */
  outcomes: Type.Array(Type.Object({ outcome: Type.String(), count: Type.Integer() })),
});

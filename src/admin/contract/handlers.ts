import { type Static, Type } from "typebox";
import { HandlerId, Instant, nullable, Problem, Stage, Status } from "./common.ts";

/** A handler as people write it: one item of the handlers file as JSON. Its keys are checked by config/, not here. */
export const Definition = Type.Object({ id: HandlerId }, { additionalProperties: true });

/** A row of the list. `GET /api/handlers` */
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
  /** Of the last hour's calls, from the execution log; p95 in milliseconds. */
  recent: Type.Object({ ok: Type.Integer(), failed: Type.Integer(), p95Ms: nullable(Type.Number()) }),
  /** Of after handlers: of its group; null where it cannot be told. */
  lag: nullable(Type.Object({ records: Type.Integer(), oldestMs: nullable(Type.Integer()) })),
});
export type HandlerRow = Static<typeof HandlerRow>;

export const HandlerList = Type.Object({
  items: Type.Array(HandlerRow),
  /** Of the whole set. */
  revision: Type.Integer(),
});

/** `GET /api/handlers/{id}`; ETag is the revision. `PUT` answers the same. */
export const HandlerDetail = Type.Object({ row: HandlerRow, definition: Definition, yaml: Type.String() });
export type HandlerDetail = Static<typeof HandlerDetail>;

/** `PUT /api/handlers/{id}` with `If-Match: "<revision>"`, or `If-None-Match: *` to create it. */
export const HandlerWrite = Type.Object({
  definition: Definition,
  note: Type.Optional(Type.String({ maxLength: 500 })),
});

/** `POST /api/handlers/{id}/status`. `from` says where an after handler goes on when it is enabled [left-off]. */
export const StatusWrite = Type.Object({
  status: Status,
  from: Type.Optional(Type.Union([Type.Literal("left-off"), Type.Literal("now")])),
});

/** `POST /api/handlers/{id}/rollback`: makes an older version the newest. */
export const Rollback = Type.Object({ revision: Type.Integer() });

/** `GET /api/handlers/{id}/history`, newest first. */
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

/** A field that a before handler of these events may be allowed to change, or why it may not. */
export const FieldPolicyRow = Type.Object({
  field: Type.String(),
  type: Type.String(),
  /** `free`: `["*"]` covers it; `named`: it must be named; `never`: no handler may. */
  may: Type.Union([Type.Literal("free"), Type.Literal("named"), Type.Literal("never")]),
  rules: Type.Array(Type.String()),
});

/** `POST /api/handlers/check`: what saving it would say. Changes nothing. */
export const CheckRequest = Type.Object({ definition: Type.Unknown() });
export const CheckResult = Type.Object({
  problems: Type.Array(Problem),
  warnings: Type.Array(Type.String()),
  budget: Type.Array(BudgetRow),
  fields: Type.Array(FieldPolicyRow),
  yaml: nullable(Type.String()),
});

/** `POST /api/handlers/{id}/test`: one call, nothing is applied. Neither: the event's sample data. */
export const TestRequest = Type.Object({
  event: Type.String(),
  data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  /** An entry of the execution log whose recorded data is sent. */
  execution: Type.Optional(Type.String()),
  /** Instead of the stored definition, for a form that is not saved yet. */
  definition: Type.Optional(Definition),
});
export const TestResult = Type.Object({
  /** Masked. */
  request: Type.String(),
  headers: Type.Record(Type.String(), Type.String()),
  /** What came back as it came, masked and bounded; null: nothing did. */
  answer: nullable(Type.String()),
  /** `allow`, `forbid`, `delivered`, or the failure's kind. */
  outcome: Type.String(),
  detail: nullable(Type.String()),
  changes: Type.Array(Type.Object({ path: Type.String(), from: nullable(Type.String()), to: Type.String() })),
  ms: Type.Number(),
});

/** `GET /api/handlers/{id}/figures?minutes=60`: equal steps of time, oldest first. */
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

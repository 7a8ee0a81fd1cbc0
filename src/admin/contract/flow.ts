import { type Static, Type } from "typebox";
import { exact, FilterText, Instant, nullable, page, pageQuery } from "./common.ts";

export const FlowTopic = Type.Object({
  topic: Type.String(),
  /** `facts`, `requests`, `verdicts`, `handlers` ... */
  role: Type.String(),
  partitions: Type.Integer(),
  /** Records between start and end, all partitions; an upper bound. */
  records: Type.Integer(),
  /** Records a second since the last look; null at the first. */
  perSecond: nullable(Type.Number()),
});

export const FlowGroup = Type.Object({
  group: Type.String(),
  groupId: Type.String(),
  handlers: Type.Array(Type.String()),
  state: Type.String(),
  members: Type.Integer(),
  topics: Type.Array(Type.String()),
  lag: nullable(Type.Integer()),
  oldestMs: nullable(Type.Integer()),
  parkedKeys: nullable(Type.Integer()),
  /** Paused by an operator. */
  paused: Type.Boolean(),
  partitions: Type.Array(
    Type.Object({
      topic: Type.String(),
      partition: Type.Integer(),
      instance: nullable(Type.String()),
      lag: nullable(Type.Integer()),
    }),
  ),
});

/** What an instance says of itself, every two seconds (`<prefix>.instances`). */
export const FlowInstance = Type.Object({
  instance: Type.String(),
  host: Type.String(),
  stage: Type.String(),
  version: Type.String(),
  startedAt: Instant,
  heardAt: Instant,
  /** The revision of the handlers it runs. */
  handlersRevision: Type.Integer(),
  problems: Type.Array(Type.Object({ handler: nullable(Type.String()), problem: Type.String() })),
  waitingFor: Type.Array(Type.String()),
  loopLagMs: nullable(Type.Number()),
});
export type FlowInstance = Static<typeof FlowInstance>;

/** `GET /api/flow` */
export const Flow = Type.Object({
  topics: Type.Array(FlowTopic),
  groups: Type.Array(FlowGroup),
  instances: Type.Array(FlowInstance),
});
export type Flow = Static<typeof Flow>;

const LogLevel = Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")]);

/** `GET /api/switches`: what operators set while everything runs. */
export const Switches = Type.Object({
  /** Until then every request's verdict is `undecided`, `bypass`; null: off. */
  bypassBefore: nullable(Type.Object({ until: Instant, by: Type.String(), note: nullable(Type.String()) })),
  pausedGroups: Type.Array(Type.Object({ group: Type.String(), by: Type.String(), at: Instant })),
  /** Null: as set by LOG_LEVEL. */
  logLevel: nullable(LogLevel),
});
export type Switches = Static<typeof Switches>;

/** `PUT /api/switches/bypass-before`; null ends it. At most 24 hours ahead. */
export const BypassWrite = exact({
  until: nullable(Instant),
  note: Type.Optional(Type.String({ maxLength: 500 })),
});
/** `PUT /api/switches/groups/{group}` */
export const PauseWrite = exact({ paused: Type.Boolean() });
/** `PUT /api/switches/log-level` */
export const LogLevelWrite = exact({
  level: nullable(LogLevel),
});

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

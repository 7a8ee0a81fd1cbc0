import { type Static, Type } from "typebox";
import { Instant, nullable } from "./common.ts";

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
export type FlowTopic = Static<typeof FlowTopic>;

export const FlowGroup = Type.Object({
  /** The handler group; of the stage before: `before`. */
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
      /** Who owns it, as it says itself. */
      instance: nullable(Type.String()),
      lag: nullable(Type.Integer()),
    }),
  ),
});
export type FlowGroup = Static<typeof FlowGroup>;

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

import { type Static, Type } from "typebox";
import { Instant, nullable, page, pageQuery } from "./common.ts";

const filter = {
  group: Type.Optional(Type.String()),
  handler: Type.Optional(Type.String()),
  event: Type.Optional(Type.String()),
  object: Type.Optional(Type.String()),
  client: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
};

/** `GET /api/dead-letters` */
export const LetterQuery = Type.Object({ ...filter, ...pageQuery });
export type LetterQuery = Static<typeof LetterQuery>;

export const LetterRow = Type.Object({
  /** `partition/offset` in the topic of dead letters. */
  position: Type.String(),
  deadAt: Instant,
  group: Type.String(),
  handler: nullable(Type.String()),
  event: nullable(Type.String()),
  objectId: nullable(Type.String()),
  client: nullable(Type.String()),
  reason: Type.String(),
  detail: Type.String(),
  attempts: Type.Integer(),
  sequence: Type.String(),
});
export type LetterRow = Static<typeof LetterRow>;
export const LetterPage = page(LetterRow);

/** `GET /api/dead-letters/{partition}/{offset}` */
export const LetterDetail = Type.Object({
  row: LetterRow,
  attempts: Type.Array(
    Type.Object({ number: Type.Integer(), at: Instant, ms: Type.Number(), kind: Type.String(), detail: Type.String() }),
  ),
  recordedAt: nullable(Instant),
  headers: Type.Record(Type.String(), Type.String()),
  /** As JSON text, masked; null: it cannot be read (`unread` says why). */
  data: nullable(Type.String()),
  unread: nullable(Type.String()),
});
export type LetterDetail = Static<typeof LetterDetail>;

/** `POST /api/replays`: some by position, or all that a filter means. 202, and a replay that can be watched. */
export const ReplayRequest = Type.Object({
  positions: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 1000 })),
  filter: Type.Optional(Type.Object(filter)),
  /** Letters a second [10]. */
  rate: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1000 })),
  dryRun: Type.Optional(Type.Boolean()),
  /** Goes on although newer events of the same keys were delivered. Without it such a replay is refused, `NEWER_EVENTS`. */
  evenIfNewer: Type.Optional(Type.Boolean()),
});
export type ReplayRequest = Static<typeof ReplayRequest>;

/** `GET /api/replays/{id}`, and live as `replay`. `DELETE` stops it between two letters. */
export const Replay = Type.Object({
  id: Type.String(),
  state: Type.Union([
    Type.Literal("planned"),
    Type.Literal("running"),
    Type.Literal("done"),
    Type.Literal("stopped"),
    Type.Literal("failed"),
  ]),
  total: Type.Integer(),
  handedOver: Type.Integer(),
  /** What became of those handed over, as far as it is known. */
  delivered: Type.Integer(),
  deadAgain: Type.Integer(),
  gone: Type.Integer(),
  superseded: Type.Integer(),
  newer: Type.Array(
    Type.Object({ handler: nullable(Type.String()), client: nullable(Type.String()), newer: Type.Integer() }),
  ),
  error: nullable(Type.String()),
  startedAt: Instant,
  by: Type.String(),
});
export type Replay = Static<typeof Replay>;

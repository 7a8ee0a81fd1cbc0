import { type Static, Type } from "typebox";
import { exact, FilterText, Instant, nullable, page, pageQuery } from "./common.ts";

const filter = {
  group: Type.Optional(FilterText),
  handler: Type.Optional(FilterText),
  event: Type.Optional(FilterText),
  object: Type.Optional(FilterText),
  client: Type.Optional(FilterText),
  reason: Type.Optional(FilterText),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
};

/** `GET /api/dead-letters` */
export const LetterQuery = exact({ ...filter, ...pageQuery });
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
export const ReplayRequest = exact({
  positions: Type.Optional(
    Type.Array(Type.String({ pattern: "^\\d{1,9}/\\d{1,15}$" }), { minItems: 1, maxItems: 1000 }),
  ),
  filter: Type.Optional(exact(filter)),
  /** Letters a second [10]. */
  rate: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1000 })),
  /** Only plans: `state` is `planned`, and nothing is written. */
  dryRun: Type.Optional(Type.Boolean()),
  /** Goes on although newer events of the same keys were delivered. Without it such a replay is refused, `NEWER_EVENTS`. */
  evenIfNewer: Type.Optional(Type.Boolean()),
});
export type ReplayRequest = Static<typeof ReplayRequest>;

/** `GET /api/replays/{id}` and, as list, `GET /api/replays` (the last 50 of this instance); live as `replay`. `DELETE` stops it between two letters. */
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
  /** Left out: a newer letter of the same delivery goes instead. */
  superseded: Type.Integer(),
  /** Groups that nobody runs now: what is handed over for them waits. */
  idleGroups: Type.Array(Type.String()),
  /** Of the letters' keys, those with events that are newer than a letter: the first 50. `newer`: its offset; null: not known, the log is too long. */
  newer: Type.Array(
    Type.Object({ handler: nullable(Type.String()), client: nullable(Type.String()), newer: nullable(Type.Integer()) }),
  ),
  error: nullable(Type.String()),
  startedAt: Instant,
  by: Type.String(),
});
export type Replay = Static<typeof Replay>;
export const ReplayList = Type.Object({ items: Type.Array(Replay) });

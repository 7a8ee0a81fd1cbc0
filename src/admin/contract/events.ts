import { type Static, Type } from "typebox";
import { exact, nullable } from "./common.ts";

/** `GET /api/events`: the 18 events, and those of vendors that handlers name. */
export const EventRow = Type.Object({
  id: Type.String(),
  aliases: Type.Array(Type.String()),
  /** Null: a vendor's. */
  entity: nullable(Type.String()),
  label: Type.String(),
  /** Whether handlers may be asked before it. */
  before: Type.Boolean(),
  handlers: Type.Object({ before: Type.Array(Type.String()), after: Type.Array(Type.String()) }),
});
export type EventRow = Static<typeof EventRow>;
export const EventList = Type.Object({ items: Type.Array(EventRow) });

export const EventField = Type.Object({
  name: Type.String(),
  type: Type.String(),
  nullable: Type.Boolean(),
  doc: nullable(Type.String()),
  secret: Type.Boolean(),
});
export type EventField = Static<typeof EventField>;

/** `GET /api/events/{id}` */
export const EventDetail = Type.Object({
  row: EventRow,
  fields: Type.Array(EventField),
  /** A body as a handler would get it. */
  sample: nullable(Type.String()),
  schema: nullable(Type.String()),
});
export type EventDetail = Static<typeof EventDetail>;

/** `POST /api/events/{id}/explain`: who would be asked and told; calls nothing. The answer is `explain --json`'s. */
export const ExplainRequest = exact({
  data: Type.Record(Type.String(), Type.Unknown()),
  client: Type.Optional(Type.String()),
});

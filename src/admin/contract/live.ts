import { type Static, Type } from "typebox";
import { exact, FilterText } from "./common.ts";
import type { Replay } from "./dead-letters.ts";
import type { DecisionRow, ExecutionRow } from "./executions.ts";
import type { FlowInstance } from "./flow.ts";

/**
 * `GET /api/live`: server-sent events; the name of each, with its data. Comments every 15 seconds keep it open, and it
 * ends after 15 minutes at most, or when the token that opened it does: ask again then. `EventSource` cannot send the
 * token: read it by `fetch`.
 */
export const LiveQuery = exact({
  /** Names of what is wanted, separated by commas; else all. */
  events: Type.Optional(Type.String({ pattern: "^[a-z]+(,[a-z]+){0,9}$", maxLength: 100 })),
  /** Only executions of this handler. */
  handler: Type.Optional(FilterText),
});
export type LiveQuery = Static<typeof LiveQuery>;

export interface LiveEvents {
  /** The handlers or the switches have changed. */
  readonly handlers: { readonly revision: number };
  readonly execution: ExecutionRow;
  readonly decision: DecisionRow;
  readonly replay: Replay;
  readonly instance: FlowInstance;
  /** The client was too slow, or was away: what it shows may have gaps. */
  readonly missed: { readonly count: number };
}

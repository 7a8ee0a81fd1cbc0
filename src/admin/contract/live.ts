import type { Replay } from "./dead-letters.ts";
import type { DecisionRow, ExecutionRow } from "./executions.ts";
import type { FlowInstance } from "./flow.ts";

/** `GET /api/live`: server-sent events; the name of each, with its data. Comments every 15 seconds keep it open. */
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

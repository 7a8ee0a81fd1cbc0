import type { Data } from "./data.ts";
import type { RecordShape } from "./record-shape.ts";

/** An event in memory, decoded, wherever it came from. */
export interface BridgeEvent {
  /** Canonical event id. */
  readonly id: string;
  /** The id as it came, aliases included (`ce-type` to a handler). */
  readonly type: string;
  /** `ce_id`: unique per source; absent in records of foreign producers. */
  readonly ceId: string | undefined;
  readonly source: string | undefined;
  /** When it happened, ISO 8601 text as it came (a Java core sends nine fractional digits). */
  readonly time: string;
  /** Object id as decimal text; null before a create. */
  readonly objectId: string | null;
  readonly traceparent: string | undefined;
  readonly shape: RecordShape;
  readonly data: Data;
}

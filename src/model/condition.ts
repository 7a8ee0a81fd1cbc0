import type { BridgeEvent } from "./event.ts";

/** A compiled `when` of a handler. */
export interface Condition {
  readonly source: string;
  /** Never throws. A field absent from a sparse update does not match. */
  evaluate(event: BridgeEvent): ConditionResult;
}

export type ConditionResult =
  | { readonly kind: "match" }
  | { readonly kind: "no-match" }
  | { readonly kind: "error"; readonly detail: string };

import type { Value } from "../../../src/model/data.ts";

/** Fields a handler asked to be changed, in the canonical form of the event's data. */
export type SaidChange = Readonly<Record<string, Value>>;

/** What one answer of a handler says by the rules of docs/handlers.md, as its author meant it. Not what the bridge made of it. */
export type Said =
  /** Nothing: no verdict may be read out of it, not even a part of it. */
  | { readonly kind: "nothing" }
  | { readonly kind: "allow"; readonly change: SaidChange }
  | { readonly kind: "forbid"; readonly code: string };

export const nothing: Said = { kind: "nothing" };

/** One answer: whose, about which event, and when it was written (milliseconds since 1970). */
export interface Answered {
  readonly handler: string;
  readonly ceId: string;
  readonly said: Said;
  readonly atMs: number;
}

/** Milliseconds since 1970 that never jump: threads of one process can compare them. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

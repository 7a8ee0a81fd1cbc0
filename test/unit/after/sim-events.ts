import type { DeadLetter, FactEnd } from "../../../src/after/ports.ts";
import type { InboundRecord } from "../../../src/model/record.ts";

/** `ok` is delivered, `refused` answered 400, `vendor` named by no handler, `mixed` refused by the second handler only. */
export type Kind = "ok" | "refused" | "mixed" | "vendor" | "tombstone" | "poison";

/** Of the events that tell a whole state. */
export const stateType = "clients.balance_zero";

/** A record of the simulation: a fact, or a dead letter on its way back. */
export interface SimEvent {
  readonly record: InboundRecord;
  readonly kind: Kind;
  /** Null: a fact. Else to whom it goes back: a handler, everybody (null), or another group (`foreign`). */
  readonly replay: { readonly handler: string | null; readonly foreign: boolean } | null;
}

/** A dead letter as its topic holds it. */
export interface SimLetter {
  readonly letter: DeadLetter;
  replayed: boolean;
}

/** Where an event is, at one moment. `ended`: delivered to, or dead-lettered for, each handler that it concerns. */
export type Whereabouts = "unsettled" | "parked" | "delivered" | "superseded" | "dead-lettered" | "passed over";

/** Whether a newer one may stand for it, or it for an older one. */
export function tellsState({ record, replay }: SimEvent): boolean {
  const type = String(record.headers["ce_type"]);
  return replay === null && record.key !== null && type === stateType && record.value !== null;
}

/** Which ends an event may have, apart from `superseded`. */
export function endsOf({ kind, replay }: SimEvent): readonly FactEnd[] {
  if (kind === "tombstone" || replay?.foreign === true) return ["tombstone"];
  if (kind === "vendor") return ["unmatched"];
  return kind === "poison" ? ["dead-lettered"] : ["delivered", "dead-lettered"];
}

/** Whose delivery of it must end; "" stands for the reader, which cannot read it. */
export function concerned({ kind, replay }: SimEvent, handlerIds: readonly string[]): readonly string[] {
  if (kind === "tombstone" || kind === "vendor" || replay?.foreign === true) return [];
  if (kind === "poison") return [""];
  return replay === null || replay.handler === null ? handlerIds : [replay.handler];
}

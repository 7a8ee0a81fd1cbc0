import type { BridgeEvent } from "../model/event.ts";
import { type FailureKind, failureKinds } from "../model/failure.ts";
import { type BeforeHandler, byPriority, type FailurePolicy, type FieldRule } from "../model/handler.ts";
import type { Recode } from "../model/reading.ts";
import type { Verdict } from "../model/verdict.ts";
import { decidesFor } from "./canary.ts";
import { lineUp } from "./line-up.ts";
import { rehearse } from "./rehearsal.ts";

/** Why a handler would not be asked about an event. */
export type NotAsked =
  | { readonly why: "other-events" | "disabled" | "archived" | "shadow" | "canary" }
  /** `when` is false on the data as sent. A mutator before it may change that, if there is one. */
  | { readonly why: "when"; readonly mutatorMayChangeThat: boolean };

export interface HandlerPart {
  readonly id: string;
  readonly name: string;
  readonly role: "mutator" | "validator";
  readonly mode: BeforeHandler["mode"];
  readonly priority: number;
  readonly timeoutMs: number;
  readonly bestEffort: boolean;
  /** `when` as the handlers file states it; null: always. */
  readonly when: string | null;
  readonly mayChange: readonly FieldRule[];
  readonly onFailure: FailurePolicy;
  /** The condition cannot be evaluated on this data: its policy for `condition` decides, and it is not called. */
  readonly conditionError: string | null;
}

/** What a verdict would be. */
export interface Foretold extends Pick<Verdict, "decision" | "decidedBy" | "handler" | "warnings"> {
  /** The code of the reason, null when nothing was forbidden. */
  readonly reasonCode: string | null;
  /** What the bridge would take in the worst case, milliseconds: failures by `timeout` take all their time, others none. */
  readonly ms: number;
}

export interface IfDown extends Foretold {
  /** Who fails; null: every handler that would be asked, where that is more than one. */
  readonly down: string | null;
  readonly kind: FailureKind;
}

export interface BeforeExplanation {
  /** One after another, in this order. */
  readonly mutators: readonly HandlerPart[];
  /** All at once, after the mutators; the order is that of reports. */
  readonly validators: readonly HandlerPart[];
  /** By priority, then id. */
  readonly notAsked: readonly (NotAsked & { readonly id: string })[];
  /** Every handler that is asked allows and changes nothing. */
  readonly ifAllAllow: Foretold;
  /** For each asked handler, then for all together: each kind of failure that a task can meet. */
  readonly ifDown: readonly IfDown[];
}

/** Failures of the chain's own making: nobody can be down by them. */
const notOfTasks: ReadonlySet<FailureKind> = new Set(["condition", "no-budget"]);
export const downKinds: readonly FailureKind[] = failureKinds.filter((kind) => !notOfTasks.has(kind));

/** What would happen to a request, without calling anything. `shareMs`: the bridge's share of the deadline. */
export async function explainBefore(
  event: BridgeEvent,
  recode: Recode,
  handlers: readonly BeforeHandler[],
  shareMs: number,
  client: string,
): Promise<BeforeExplanation> {
  const linedUp = lineUp(handlers, event.id, client);
  const results = new Map(handlers.map((handler) => [handler.id, handler.condition?.evaluate(event) ?? always]));
  const isAsked = ({ id }: BeforeHandler): boolean => results.get(id)?.kind !== "no-match";
  const mutators = linedUp.mutators.filter(isAsked);
  const validators = linedUp.validators.filter(isAsked);
  const part = (handler: BeforeHandler): HandlerPart => {
    const result = results.get(handler.id) ?? always;
    return { ...partOf(handler), conditionError: result.kind === "error" ? result.detail : null };
  };

  const play = async (down: readonly BeforeHandler[], kind: FailureKind): Promise<Foretold> => {
    const ids = new Set(down.map(({ id }) => id));
    const { verdict, ms } = await rehearse({ event, recode, handlers, shareMs, client, down: ids, kind });
    const { decision, decidedBy, handler, warnings, reason } = verdict;
    return { decision, decidedBy, handler, warnings, reasonCode: reason?.code ?? null, ms };
  };
  const asked = [...mutators, ...validators];
  const together = asked.length > 1 ? [asked] : [];
  const ifDown: IfDown[] = [];
  for (const group of [...asked.map((handler) => [handler]), ...together]) {
    const down = group.length === 1 ? (group[0]?.id ?? null) : null;
    for (const kind of downKinds) ifDown.push({ down, kind, ...(await play(group, kind)) });
  }
  return {
    mutators: mutators.map(part),
    validators: validators.map(part),
    notAsked: handlers
      .filter((handler) => !asked.includes(handler))
      .sort(byPriority)
      .map((handler) => ({ id: handler.id, ...whyNot(handler, event.id, client, mutators) })),
    ifAllAllow: await play([], "unreachable"),
    ifDown,
  };
}

const always = { kind: "match" } as const;

function partOf(handler: BeforeHandler): Omit<HandlerPart, "conditionError"> {
  const { id, name, mode, priority, timeoutMs, bestEffort, condition, mayChange, onFailure } = handler;
  const role = mayChange.length > 0 ? ("mutator" as const) : ("validator" as const);
  const when = condition?.source ?? null;
  return { id, name, role, mode, priority, timeoutMs, bestEffort, when, mayChange, onFailure };
}

/** Of several reasons the one that is changed last: a disabled handler of another event is none of this event's. */
function whyNot(handler: BeforeHandler, eventId: string, client: string, mutators: readonly BeforeHandler[]): NotAsked {
  if (!handler.events.includes(eventId)) return { why: "other-events" };
  if (handler.status !== "enabled") return { why: handler.status };
  if (handler.mode === "shadow") return { why: "shadow" };
  if (!decidesFor(handler, client)) return { why: "canary" };
  const isValidator = handler.mayChange.length === 0;
  return { why: "when", mutatorMayChangeThat: mutators.some((one) => isValidator || byPriority(one, handler) < 0) };
}

import type { Data } from "../../../src/model/data.ts";
import { sameValue } from "../../../src/model/data.ts";
import type { Observed } from "./load.ts";
import type { Answered, Said, SaidChange } from "./said.ts";

/** What is promised of a handler, as the settings state it. */
export interface Promised {
  readonly mayChange: readonly string[];
  readonly onFailure: "allow" | "forbid";
  /** Whether it concerns itself with every request of the scenario. */
  readonly always: boolean;
}

export interface Witness {
  readonly handlers: Readonly<Record<string, Promised>>;
  /** What a handler said of an event. */
  readonly answers: (handler: string, ceId: string) => readonly Answered[];
}

/** Deciders that decide nothing: the core's own `onSilence` does. */
const undecided = new Set(["silence", "core-breaker", "pending-full", "expired", "overload", "unreadable"]);
const answeredOutcomes = new Set(["allow", "modify", "forbid"]);
const unheardOutcomes = new Set(["cancelled", "no-match", "skipped"]);

/**
 * Holds one verdict against what was asked and what each handler said, by the rules of the documentation and none of the
 * product's code: why it is wrong, or null. A forbid has a cause; whatever differs from what was sent was asked for by a handler that may,
 * in an answer that was whole, good and in time; whatever such an answer asked for is there; no handler was passed over.
 */
export function whyWrong(observed: Observed, witness: Witness): string | null {
  const { asked, verdict } = observed;
  if (verdict.operationId !== asked.operationId || verdict.attempt !== 1) return "it is another operation's verdict";
  const sent: Data = asked.data as unknown as Data;
  const isUnchanged = sameValue(verdict.data as unknown as Data, sent);
  if (undecided.has(verdict.decidedBy)) {
    if (verdict.decision !== asked.onSilence) return `${verdict.decidedBy}, and not what onSilence says`;
    return isUnchanged && !verdict.changed ? null : `${verdict.decidedBy} changed the data`;
  }
  if (verdict.decidedBy !== "handler" && verdict.decidedBy !== "failure-policy") return "the handlers were passed over";
  if (verdict.decision === "forbid") {
    if (verdict.changed || !isUnchanged) return "a forbid that changes the data";
    return whyNotForbidden(observed, witness);
  }
  return whyNotAllowed(observed, witness);
}

function whyNotForbidden({ asked, atMs, verdict }: Observed, witness: Witness): string | null {
  const { handler, reason } = verdict;
  if (handler === null) return "a forbid of nobody";
  if (verdict.decidedBy === "failure-policy") {
    return witness.handlers[handler]?.onFailure === "forbid" ? null : `${handler} does not forbid when it fails`;
  }
  const said = saidInTime(witness, handler, asked.ceId, atMs);
  return said.some((one) => one.kind === "forbid" && one.code === reason?.code) ? null : `${handler} did not forbid`;
}

function whyNotAllowed({ asked, atMs, verdict }: Observed, witness: Witness): string | null {
  const outcomes = new Map(verdict.handlers.map(({ id, outcome }) => [id, outcome]));
  for (const [id, { always }] of Object.entries(witness.handlers))
    if (always && !outcomes.has(id)) return `${id} was passed over`;
  let expected: Data = asked.data as unknown as Data;
  for (const { id, outcome } of verdict.handlers) {
    const promised = witness.handlers[id];
    if (promised === undefined) return `${id} is no handler`;
    if (outcome === "forbid") return `${id} forbade, and it is allowed`;
    if (unheardOutcomes.has(outcome)) continue;
    if (!answeredOutcomes.has(outcome)) {
      if (promised.onFailure === "forbid") return `${id} failed and forbids then, and it is allowed`;
      continue;
    }
    const changes = changesSaid(saidInTime(witness, id, asked.ceId, atMs), promised.mayChange);
    const change = changes.find((one) => isEffective(one, expected) === (outcome === "modify"));
    if (change === undefined) return `${id}: ${outcome}, and it said nothing of the kind`;
    expected = { ...expected, ...change };
  }
  if (!sameValue(verdict.data as unknown as Data, expected))
    return "data that no answer explains, or a change that is lost";
  return null;
}

function saidInTime(witness: Witness, handler: string, ceId: string, untilMs: number): readonly Said[] {
  return witness.answers(handler, ceId).flatMap(({ atMs, said }) => (atMs <= untilMs ? said : []));
}

/** A change of a field outside `mayChange` makes the whole answer worth nothing. */
function changesSaid(said: readonly Said[], mayChange: readonly string[]): readonly SaidChange[] {
  return said.flatMap((one) =>
    one.kind === "allow" && Object.keys(one.change).every((field) => mayChange.includes(field)) ? [one.change] : [],
  );
}

function isEffective(change: SaidChange, data: Data): boolean {
  return Object.entries(change).some(([field, value]) => !sameValue(data[field] ?? null, value));
}

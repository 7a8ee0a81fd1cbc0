import { stateOf } from "../model/event-catalogue.ts";
import { type Fact, isMeantFor } from "./fact.ts";
import type { Lane } from "./lane.ts";
import type { Partition } from "./partition.ts";
import type { Routes } from "./routes.ts";

/**
 * Catching up with the latest state: of events that each tell the whole of one state, a handler that asks for it
 * (`catchUp: latest`) gets the newest of those that wait, with a count of the others, which end as `superseded`.
 *
 * A fact stands only for the one right before it in its lane, so nothing is ever reordered; and only while nobody has that
 * one, nobody is being given it, and no dead letter of it is due. It must be meant for the same handlers, all of which ask
 * for this: a handler that takes every event gets every event, also in a group.
 */

/** The last fact of a lane, if `newer`, which has just come, stands for it. */
export function lastOutdated(newer: Fact, lane: Lane<Partition>, routes: Routes): Fact | null {
  const { facts, home, park, state } = lane;
  const older = facts.last;
  // Of what is parked, or may be, copies can be on their way: it is looked at when they have come back.
  if (older === null || park !== null || home.park.found !== null) return null;
  if (state === "running" && older === facts.first) return null;
  return standsFor(newer, older, routes) ? older : null;
}

/** The first fact of a lane, which is about to take its turn, if the one behind it stands for it. */
export function firstOutdated({ facts }: Lane<Partition>, routes: Routes): Fact | null {
  const older = facts.first;
  const newer = older?.nextInLane ?? null;
  return older !== null && newer !== null && standsFor(newer, older, routes) ? older : null;
}

/** `older` ends here, and `newer` goes on in its place: with its count, and at the pace at which it was being retried. */
export function succeed(newer: Fact, older: Fact): void {
  newer.superseded += older.superseded + 1;
  newer.failedBefore = Math.max(newer.failedBefore, older.failedBefore + (older.progress?.made ?? 0));
}

function standsFor(newer: Fact, older: Fact, routes: Routes): boolean {
  const state = stateIn(newer);
  // Without a key nothing says whose state it is.
  if (state === null || state !== stateIn(older) || newer.record.key === null) return false;
  const { progress } = older;
  if (progress !== null && (progress.ended.length > 0 || progress.letter !== null)) return false;
  const to = matched(older, routes);
  const also = matched(newer, routes);
  return to.length > 0 && to.every((handler) => handler.catchUp === "latest" && also.includes(handler));
}

function stateIn({ admission }: Fact): string | null {
  return admission.kind === "admitted" && admission.single !== true ? stateOf(admission.eventId) : null;
}

function matched(fact: Fact, routes: Routes): ReturnType<Routes["of"]> {
  const { admission } = fact;
  if (admission.kind !== "admitted") return [];
  return routes.of(admission.eventId).filter((handler) => isMeantFor(handler, fact));
}

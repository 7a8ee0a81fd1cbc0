import type { ConditionResult } from "../model/condition.ts";
import type { Reading } from "../model/reading.ts";
import { attempt, refuse } from "./attempt.ts";
import { backoff } from "./backoff.ts";
import type { Engine, Turn, TurnEnd } from "./engine.ts";
import { type Fact, isMeantFor } from "./fact.ts";
import { condemn, writeLetter } from "./letters.ts";
import { startProgress } from "./progress.ts";

/** The registry is asked again by every waiting lane: often enough to go on soon after it is back. */
const longestReadWaitMs = 5000;

const always: ConditionResult = { kind: "match" };

/**
 * One turn of the fact at the head of a lane: read it, then bring it to every handler of the group that matches, by
 * priority, the next once the previous one's delivery has ended. The turn ends when the fact is settled or must wait;
 * its progress stays with it, and the next turn goes on from there with the handlers of that moment.
 *
 *   [read] --registry away--> wait          [handler] --no match, delivered--> next handler
 *   [read] --poison--> [dead letter]        [handler] --disabled--> held
 *   [read] --event--> [handler]             [handler] --retry--> wait   --refused, too old--> [dead letter]
 *   [dead letter] --not written--> wait     [dead letter] --written--> next handler, or settled
 */
export async function takeTurn(fact: Fact, signal: AbortSignal, engine: Engine): Promise<TurnEnd> {
  const progress = (fact.progress ??= startProgress());
  const turn: Turn = { fact, progress, signal, engine };
  if (progress.event === null && progress.letter === null) {
    const away = take(turn, await readingOf(turn));
    if (away !== null) return away;
  }
  if (progress.letter !== null) {
    const unwritten = await writeLetter(turn, progress.letter);
    if (unwritten !== null) return unwritten;
  }
  const { event } = progress;
  if (event === null) return { kind: "settled", end: "dead-lettered" };
  for (const handler of engine.routes.of(event.id)) {
    if (progress.ended.includes(handler.id) || !isMeantFor(handler, fact)) continue;
    const matching = handler.condition?.evaluate(event) ?? always;
    if (matching.kind === "no-match") continue;
    // No attempt is spent on a disabled handler, and nothing overtakes what it has still to get.
    if (handler.status === "disabled") return { kind: "held" };
    if (signal.aborted) return { kind: "abandoned" };
    const pause =
      matching.kind === "error"
        ? refuse(turn, handler, { kind: "condition", detail: matching.detail })
        : await attempt(turn, event, handler);
    if (pause !== null) return pause;
    if (progress.letter !== null) {
      const unwritten = await writeLetter(turn, progress.letter);
      if (unwritten !== null) return unwritten;
    }
  }
  const end = progress.deadLettered ? "dead-lettered" : progress.delivered ? "delivered" : "unmatched";
  return { kind: "settled", end };
}

function readingOf({ engine, fact }: Turn): Reading | Promise<Reading> {
  return fact.admission.kind === "poison" ? fact.admission : engine.reader.read(fact.record);
}

/** What was read becomes the event; what can never be read gets a dead letter. Not null: the registry is away. */
function take(turn: Turn, reading: Reading): TurnEnd | null {
  const { engine, fact, progress } = turn;
  switch (reading.kind) {
    case "event":
      progress.event = reading.event;
      return null;
    case "poison":
      condemn(turn, null, reading.reason, reading.detail);
      return null;
    case "registry-away":
      progress.readTries++;
      engine.observer.unread(engine.group, fact.record, progress.readTries, reading.detail);
      return { kind: "wait", ms: backoff(progress.readTries, longestReadWaitMs, engine.random()) };
  }
}

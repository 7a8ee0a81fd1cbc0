import { messageOf } from "../errors.ts";
import { within } from "../model/deadline.ts";
import { backoff } from "./backoff.ts";
import type { Turn, TurnEnd } from "./engine.ts";
import type { DeadLetter } from "./ports.ts";

const longestWaitMs = 30_000;

/** Decides that a fact is dead-lettered; nothing is written yet. `handler` is null when none was reached. */
export function condemn(turn: Turn, handler: string | null, reason: string, detail: string): void {
  const { engine, fact, progress } = turn;
  const attempts = handler === null ? [] : progress.failures;
  progress.letter = { group: engine.group, handler, record: fact.record, reason, detail, attempts };
  progress.letterTries = 0;
}

/**
 * Writes the dead letter that is due; null when that is done. Until it is written nothing is settled: the lane stands
 * still and tries again for ever, because going on would lose the fact.
 */
export async function writeLetter({ progress, engine }: Turn, letter: DeadLetter): Promise<TurnEnd | null> {
  const { brake, clock, deadLetters, limits, logger, observer } = engine;
  try {
    await within(clock, limits.writeTimeoutMs, "the dead letter", deadLetters.write(letter));
  } catch (thrown) {
    const detail = messageOf(thrown);
    progress.letterTries++;
    observer.halted(letter, progress.letterTries, detail);
    return { kind: "wait", ms: backoff(progress.letterTries, longestWaitMs, engine.random()) };
  }
  progress.letter = null;
  progress.deadLettered = true;
  if (letter.handler !== null) progress.ended.push(letter.handler);
  observer.deadLettered(letter);
  brake.deadLettered(letter.handler);
  if (letter.reason === "gone") {
    logger.warn({ group: letter.group, handler: letter.handler }, "the handler says it is gone for good (410)");
  }
  return null;
}

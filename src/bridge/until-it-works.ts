import { BridgeError, messageOf } from "../errors.ts";
import { systemClock } from "../model/clock.ts";
import { pause } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";

const firstWaitMs = 500;
const longestWaitMs = 5000;
/** A try may take half a minute where nobody answers: after so long it says what it is at. */
const silentMs = 3000;

/**
 * Tries until it works: at start, broker and registry may not be there yet. Says what it waits for, at each try. Rejects
 * with CLOSED when `signal` aborts, and at once with what no waiting mends (settings, a refused schema).
 */
export async function untilItWorks<T>(
  what: string,
  logger: Logger,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const isOver = (): boolean => signal.aborted;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    if (isOver()) throw new BridgeError("CLOSED", `stopped while waiting for ${what}`);
    const silent = systemClock.after(silentMs, () =>
      logger.info({ waitingFor: what }, `waiting for ${what}: no answer yet`),
    );
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof BridgeError && hopeless.has(error.code)) throw error;
      if (!isOver())
        logger.warn({ waitingFor: what, detail: messageOf(error), tryAgainInMs: waitMs }, `waiting for ${what}`);
    } finally {
      silent.cancel();
    }
    await pause(systemClock, waitMs, signal);
  }
}

const hopeless = new Set(["SETTINGS_INVALID", "HANDLERS_INVALID", "SCHEMA_REFUSED", "INTERNAL"]);

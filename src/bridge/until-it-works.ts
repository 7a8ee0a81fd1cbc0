import { BridgeError, messageOf } from "../errors.ts";
import { systemClock } from "../model/clock.ts";
import { pause } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";

const firstWaitMs = 500;
const longestWaitMs = 5000;

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
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    if (signal.aborted) throw new BridgeError("CLOSED", `stopped while waiting for ${what}`);
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof BridgeError && hopeless.has(error.code)) throw error;
      logger.warn({ waitingFor: what, detail: messageOf(error), tryAgainInMs: waitMs }, `waiting for ${what}`);
    }
    await pause(systemClock, waitMs, signal);
  }
}

const hopeless = new Set(["SETTINGS_INVALID", "HANDLERS_INVALID", "SCHEMA_REFUSED", "INTERNAL"]);

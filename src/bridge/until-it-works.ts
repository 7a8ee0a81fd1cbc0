import { BridgeError, messageOf } from "../errors.ts";
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
    await sleep(waitMs, signal);
  }
}

const hopeless = new Set(["SETTINGS_INVALID", "HANDLERS_INVALID", "SCHEMA_REFUSED", "INTERNAL"]);

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

import type { BreakerObserver, BreakerState, Pool } from "../model/breaker-state.ts";
import type { BreakerStanding } from "../model/instance-status.ts";
import type { Logger } from "../model/logger.ts";
import type { Metrics } from "./metrics.ts";

/** As the gauge shows it: the higher, the fewer calls pass. */
const level: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** One log line for each turn of a breaker, and its state and openings as metrics. */
export function observeBreakers(logger: Logger, metrics: Metrics, pool: Pool): BreakerObserver {
  return ({ handler, from, to, why, openForMs }) => {
    metrics.breakerState.set({ handler, stage: pool }, level[to]);
    const fields = { handler, stage: pool, from, to, why };
    if (to !== "open") {
      logger.info(fields, "breaker turned");
      return;
    }
    metrics.breakerOpens.inc({ handler, stage: pool });
    logger.warn({ ...fields, openForMs: Math.round(openForMs ?? 0) }, "breaker turned");
  };
}

/** Shows the breakers of exactly these handlers of a pool, of those that were shown before too; what is not `open` is closed. */
export function showBreakers(
  metrics: Metrics,
  pool: Pool,
  before: Iterable<string>,
  handlers: Iterable<string>,
  open: readonly BreakerStanding[],
): void {
  for (const handler of before) metrics.breakerState.remove({ handler, stage: pool });
  for (const handler of handlers) metrics.breakerState.set({ handler, stage: pool }, level.closed);
  for (const { handler, state } of open) metrics.breakerState.set({ handler, stage: pool }, level[state]);
}

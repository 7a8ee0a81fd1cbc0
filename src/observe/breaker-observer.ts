import type { BreakerObserver, BreakerState, Pool } from "../model/breaker-state.ts";
import type { Logger } from "../model/logger.ts";
import type { Metrics } from "./metrics.ts";

/** As the gauge shows it: the higher, the fewer calls pass. */
const level: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

/** One log line for each turn of a breaker, and its state and openings as metrics; `handlers` by id start closed. */
export function observeBreakers(
  logger: Logger,
  metrics: Metrics,
  pool: Pool,
  handlers: readonly { readonly id: string }[],
): BreakerObserver {
  for (const { id } of handlers) metrics.breakerState.set({ handler: id, stage: pool }, level.closed);
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

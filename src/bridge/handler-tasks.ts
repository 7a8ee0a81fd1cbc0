import type { Pool } from "../model/breaker-state.ts";
import { observeBreakers, showBreakers } from "../observe/breaker-observer.ts";
import type { AskReport } from "../observe/execution-record.ts";
import { type GuardedTasks, guardTasks } from "../tasks/guarded.ts";
import { defaultLimits } from "../tasks/limits.ts";
import { createTasks } from "../tasks/runner.ts";
import { recordedTasks } from "./recorded-tasks.ts";
import type { StageParts } from "./stage.ts";
import { tracedTasks } from "./traced-tasks.ts";

/**
 * The tasks of one pool: its own sockets, places and breakers. They serve whom `use` names last. `asked` is told of each
 * question that was asked.
 */
export function composeTasks(parts: StageParts, pool: Pool, asked?: (report: AskReport) => void): GuardedTasks {
  const { clock, logger, metrics, settings } = parts;
  const { egressAllow, scriptsDir } = settings.handlers;
  const { keep, bodyBytes } = settings.executions;
  const logBytes = Math.max(defaultLimits.logBytes, bodyBytes);
  const kept = keep === "off" ? {} : { exchangeBytes: bodyBytes, limits: { logBytes } };
  const traced = tracedTasks(createTasks({ egressAllow, scriptsDir, logger, clock, ...kept }));
  const tasks = guardTasks({
    tasks: asked === undefined ? traced : recordedTasks(traced, clock, asked),
    pool,
    handlers: [],
    clock,
    random: Math.random,
    observer: observeBreakers(logger, metrics, pool),
  });
  let ids: readonly string[] = [];
  metrics.observeOccupancy(pool, () => tasks.occupancy());
  return {
    egress: tasks.egress,
    ask: (handler, call, signal) => tasks.ask(handler, call, signal),
    deliver: (handler, call, signal) => tasks.deliver(handler, call, signal),
    forget: (handlerId) => tasks.forget(handlerId),
    occupancy: () => tasks.occupancy(),
    breakers: () => tasks.breakers(),
    close: (deadlineMs) => tasks.close(deadlineMs),
    use(handlers) {
      const live = handlers.filter(({ status }) => status !== "archived");
      tasks.use(live);
      const before = ids;
      ids = live.map(({ id }) => id);
      showBreakers(metrics, pool, before, ids, tasks.breakers());
    },
  };
}

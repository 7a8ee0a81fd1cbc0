import type { Pool } from "../model/breaker-state.ts";
import type { Handler } from "../model/handler.ts";
import { observeBreakers } from "../observe/breaker-observer.ts";
import type { AskReport } from "../observe/execution-record.ts";
import { type GuardedTasks, guardTasks } from "../tasks/guarded.ts";
import { defaultLimits } from "../tasks/limits.ts";
import { createTasks } from "../tasks/runner.ts";
import { recordedTasks } from "./recorded-tasks.ts";
import type { StageParts } from "./stage.ts";
import { tracedTasks } from "./traced-tasks.ts";

/** The tasks of one pool: its own sockets, places and breakers. `asked` is told of each question that was asked. */
export function composeTasks(
  parts: StageParts,
  pool: Pool,
  handlers: readonly Handler[],
  asked: (report: AskReport) => void = () => undefined,
): GuardedTasks {
  const { clock, logger, metrics, settings } = parts;
  const live = handlers.filter(({ status }) => status !== "archived");
  const { egressAllow, scriptsDir } = settings.handlers;
  const { keep, bodyBytes } = settings.executions;
  const logBytes = Math.max(defaultLimits.logBytes, bodyBytes);
  const kept = keep === "off" ? {} : { exchangeBytes: bodyBytes, limits: { logBytes } };
  const tasks = guardTasks({
    tasks: recordedTasks(tracedTasks(createTasks({ egressAllow, scriptsDir, logger, clock, ...kept })), clock, asked),
    pool,
    handlers: live,
    clock,
    random: Math.random,
    observer: observeBreakers(logger, metrics, pool, live),
  });
  metrics.observeOccupancy(pool, () => tasks.occupancy());
  return tasks;
}

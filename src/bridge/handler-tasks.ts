import type { Pool } from "../model/breaker-state.ts";
import type { Handler } from "../model/handler.ts";
import { observeBreakers } from "../observe/breaker-observer.ts";
import { type GuardedTasks, guardTasks } from "../tasks/guarded.ts";
import { createTasks } from "../tasks/runner.ts";
import type { StageParts } from "./stage.ts";
import { tracedTasks } from "./traced-tasks.ts";

/** The tasks of one pool: its own sockets, places and breakers. */
export function composeTasks(parts: StageParts, pool: Pool, handlers: readonly Handler[]): GuardedTasks {
  const { clock, logger, metrics, settings } = parts;
  const live = handlers.filter(({ status }) => status !== "archived");
  const { egressAllow, scriptsDir } = settings.handlers;
  const tasks = guardTasks({
    tasks: tracedTasks(createTasks({ egressAllow, scriptsDir, logger, clock })),
    pool,
    handlers: live,
    clock,
    random: Math.random,
    observer: observeBreakers(logger, metrics, pool, live),
  });
  metrics.observeOccupancy(pool, () => tasks.occupancy());
  return tasks;
}

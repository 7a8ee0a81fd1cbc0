import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { BridgeError } from "../errors.ts";
import { systemClock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import { type LiveSet, toMessage } from "./running-set.ts";
import type { ComposedStage, RunningHandlers, StageParts, StageStatus } from "./stage.ts";
import type { FromWorker, ToWorker, WorkerBirth } from "./worker-messages.ts";

/** Without word from the thread for this long, it is not ready. */
const silentAfterMs = 3000;
const metricsMs = 2000;
/**
 * For what lives briefly. Left to itself it grows to 48 MB and more, and with it what stays of every burst of facts: a
 * million behind a dead handler cost 100 MB of garbage that nobody collects.
 */
const maxYoungGenerationSizeMb = 16;
/** What a stage needs besides draining: leaving groups, closing sockets. */
const closeMs = 10_000;

/**
 * The after stage in a worker thread, as a stage of this one. The thread makes its own clients, sockets and event loop; the
 * two share nothing but these messages. If it dies, the stage has given up.
 */
export function composeIsolatedAfter(parts: StageParts, live: LiveSet): ComposedStage {
  const started = Promise.withResolvers<"started">();
  const stopped = Promise.withResolvers<"stopped">();
  const metrics = new Map<number, (metrics: readonly object[]) => void>();
  let waitingFor: readonly string[] = ["after: starting"];
  let heardMs = 0;
  let running: RunningHandlers = { revision: -1, problems: [] };
  let status: StageStatus | null = null;
  let asked = 0;
  let stopAsked = false;
  let worker: Worker | null = null;

  const tell = (message: ToWorker): void => worker?.postMessage(message);
  const giveUp = (error: BridgeError): void => {
    started.reject(error);
    if (!stopAsked) parts.onGaveUp(error);
  };
  const hear = (message: FromWorker): void => {
    heardMs = performance.now();
    switch (message.kind) {
      case "started":
        started.resolve("started");
        return;
      case "failed":
        giveUp(new BridgeError(message.code, message.message));
        return;
      case "state":
        ({ waitingFor, running } = message);
        return;
      case "status":
        ({ status } = message);
        return;
      case "metrics":
        metrics.get(message.id)?.(message.metrics);
        metrics.delete(message.id);
        return;
      case "stopped":
        stopped.resolve("stopped");
    }
  };

  parts.metrics.addSource(
    () =>
      new Promise((resolve) => {
        const id = ++asked;
        // A thread that is busy or gone must not hold up the other's figures.
        const timer = setTimeout(() => {
          metrics.delete(id);
          resolve([]);
        }, metricsMs);
        metrics.set(id, (json) => {
          clearTimeout(timer);
          resolve(json);
        });
        tell({ kind: "metrics", id });
      }),
  );

  return {
    checks: [
      {
        name: "after: running",
        holds: () => waitingFor.length === 0 && performance.now() - heardMs < silentAfterMs,
      },
    ],
    revision: () => running.revision,
    status: () => ({
      ...(status ?? { loopLagMs: null, breakers: [], groups: [] }),
      ...{ waitingFor, handlersRevision: running.revision, problems: running.problems },
    }),
    start(signal) {
      const { instanceId, settings } = parts;
      const birth: WorkerBirth = { instanceId, settings, set: toMessage(live.current) };
      live.onChange(() => tell({ kind: "set", set: toMessage(live.current) }));
      worker = new Worker(new URL(`./after-worker${extname(import.meta.url)}`, import.meta.url), {
        workerData: birth,
        env: process.env,
        resourceLimits: { maxYoungGenerationSizeMb },
      });
      worker.on("message", hear);
      worker.on("error", (error: Error) =>
        giveUp(new BridgeError("INTERNAL", `the after stage's thread died: ${error.message}`, { cause: error })),
      );
      worker.on("exit", () => {
        stopped.resolve("stopped");
        giveUp(new BridgeError("INTERNAL", "the after stage's thread ended"));
      });
      signal.addEventListener(
        "abort",
        () => started.reject(new BridgeError("CLOSED", "stopped while the after stage started")),
        { once: true },
      );
      return started.promise.then(() => undefined);
    },
    async stop(drainMs) {
      stopAsked = true;
      if (worker === null) return;
      tell({ kind: "stop", drainMs });
      await bounded(stopped.promise, drainMs + closeMs, systemClock);
      await worker.terminate();
    },
  };
}

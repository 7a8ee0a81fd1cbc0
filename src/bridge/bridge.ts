import { randomUUID } from "node:crypto";
import { type ProbeListener, type ReadinessCheck, startProbeListener } from "../admin/probe-listener.ts";
import type { AfterObserver } from "../after/ports.ts";
import type { BeforeObserver } from "../before/ports.ts";
import type { Settings } from "../config/settings.ts";
import { BridgeError } from "../errors.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Handler } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import { observeAfter } from "../observe/after-observer.ts";
import { observeBefore } from "../observe/before-observer.ts";
import { Metrics } from "../observe/metrics.ts";
import { composeAfter } from "./after-stage.ts";
import { composeBefore } from "./before-stage.ts";
import { both } from "./both.ts";
import { createInstanceReport } from "./instance-report.ts";
import { composeIsolatedAfter } from "./isolated-after.ts";
import type { PeriodicRecord } from "./periodic-record.ts";
import { type ComposedStage, type StageParts, waitingFor } from "./stage.ts";
import { stageParts } from "./stage-parts.ts";

export type StageChoice = "before" | "after" | "all";

export interface BridgeOptions {
  readonly settings: Settings;
  readonly handlers: readonly Handler[];
  readonly stage: StageChoice;
  readonly logger: Logger;
  /**
   * The file the handlers came from. With it, and both stages, the after stage runs in a thread of its own, so that a
   * million facts behind do not move the verdicts' latency.
   */
  readonly handlersFile?: string;
  /** Told of everything besides logs and metrics; the demo shows it as a table. Without a thread of its own only. */
  readonly watch?: { readonly before?: BeforeObserver; readonly after?: AfterObserver };
}

export interface Bridge {
  readonly probePort: number;
  /** Resolves when every stage works; rejects with CLOSED when stopped before, or with what no waiting mends. */
  readonly started: Promise<void>;
  /** Resolves, with why, if the bridge can no longer work; the process should then end. Otherwise never. */
  readonly failed: Promise<BridgeError>;
  /** Drains and leaves the groups; resolves within DRAIN_MS and about ten seconds, usually in one or two. Idempotent. */
  stop(): Promise<void>;
}

const pingEveryMs = 5000;
/** How long the end waits for the instance's farewell. */
const farewellMs = 1000;

/**
 * Composes and starts a bridge. The probe listener answers at once; the stages start as broker and registry allow.
 * Rejects with SETTINGS_INVALID when the probe listener cannot bind.
 */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const { settings, handlers, stage, logger } = options;
  const metrics = new Metrics();
  const failure = Promise.withResolvers<BridgeError>();
  const parts = stageParts(randomUUID(), settings, logger, metrics, failure.resolve);
  const stages = composeStages(parts, options);
  const registryWatch = watchRegistry(parts.registry);
  const stopping = new AbortController();
  let isStarted = false;
  const checks: ReadinessCheck[] = [
    { name: "started", holds: () => isStarted && !stopping.signal.aborted },
    { name: "registry reachable", holds: () => registryWatch.reachable() },
    ...stages.flatMap((running) => running.checks),
  ];
  const listener = await startProbeListener({ ...settings.http, checks, metrics: () => metrics.expose() });
  const report = createInstanceReport(
    parts,
    stage,
    () => waitingFor(checks),
    () => stages.map((running) => running.status()),
  );
  report.start();
  logger.info(
    { stage, instance: parts.instanceId, handlers: handlers.length, probePort: listener.port },
    "bridge starting",
  );

  const started = Promise.all(stages.map((running) => running.start(stopping.signal))).then(() => {
    isStarted = true;
    logger.info({ stage }, "bridge ready");
  });
  started.catch((error: unknown) => {
    // Nothing that waiting could mend: whoever waits for `failed` learns it too.
    if (!stopping.signal.aborted)
      failure.resolve(
        error instanceof BridgeError ? error : new BridgeError("INTERNAL", String(error), { cause: error }),
      );
  });

  let stopped: Promise<void> | null = null;
  return {
    probePort: listener.port,
    started,
    failed: failure.promise,
    stop: () => {
      stopping.abort();
      stopped ??= stopAll(stages, registryWatch, report, listener, settings.drainMs, logger);
      return stopped;
    },
  };
}

function composeStages(parts: StageParts, { handlers, stage, watch, handlersFile }: BridgeOptions): ComposedStage[] {
  const { logger, metrics } = parts;
  const before = handlers.filter((handler) => handler.stage === "before");
  const after = handlers.filter((handler) => handler.stage === "after");
  const beforeStage = (): ComposedStage =>
    composeBefore(parts, before, both(observeBefore(logger, metrics), watch?.before));
  const afterStage = (): ComposedStage => composeAfter(parts, after, both(observeAfter(logger, metrics), watch?.after));
  switch (stage) {
    case "before":
      return [beforeStage()];
    case "after":
      return [afterStage()];
    case "all":
      return [beforeStage(), handlersFile === undefined ? afterStage() : composeIsolatedAfter(parts, handlersFile)];
  }
}

async function stopAll(
  stages: readonly ComposedStage[],
  registryWatch: RegistryWatch,
  report: PeriodicRecord,
  listener: ProbeListener,
  drainMs: number,
  logger: Logger,
): Promise<void> {
  logger.info({ drainMs }, "bridge stopping");
  registryWatch.close();
  const ends = await Promise.allSettled(stages.map((running) => running.stop(drainMs)));
  for (const end of ends)
    if (end.status === "rejected") logger.error({ error: end.reason as unknown }, "a stage did not stop cleanly");
  await Promise.all([report.stop(farewellMs), listener.close()]);
  logger.info({}, "bridge stopped");
}

interface RegistryWatch {
  reachable(): boolean;
  close(): void;
}

/** Asks the registry now and then, so that a probe reads the answer from memory. */
function watchRegistry(registry: Registry): RegistryWatch {
  let reachable = false;
  const ask = (): void => {
    void registry.ping().then((answer) => {
      reachable = answer.kind !== "away";
    });
  };
  ask();
  const timer = setInterval(ask, pingEveryMs);
  timer.unref();
  return { reachable: () => reachable, close: () => clearInterval(timer) };
}

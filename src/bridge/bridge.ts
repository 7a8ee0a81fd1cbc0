import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type ProbeListener, type ReadinessCheck, startProbeListener } from "../admin/probe-listener.ts";
import type { AfterObserver } from "../after/ports.ts";
import type { BeforeObserver } from "../before/ports.ts";
import type { LoadedHandlers } from "../config/handlers-file.ts";
import type { Settings } from "../config/settings.ts";
import { BridgeError } from "../errors.ts";
import type { Registry } from "../kafka/registry/registry.ts";
import type { Logger, LogLevel } from "../model/logger.ts";
import { observeAfter } from "../observe/after-observer.ts";
import { observeBefore } from "../observe/before-observer.ts";
import { Metrics } from "../observe/metrics.ts";
import { composeAfter } from "./after-stage.ts";
import { composeBefore } from "./before-stage.ts";
import { both } from "./both.ts";
import { type HandlerSource, loggedHandlers } from "./handler-source.ts";
import { createInstanceReport, type InstanceReport } from "./instance-report.ts";
import { composeIsolatedAfter } from "./isolated-after.ts";
import type { LiveSet } from "./running-set.ts";
import { type ComposedStage, type StageParts, waitingFor } from "./stage.ts";
import { stageParts } from "./stage-parts.ts";

export type StageChoice = "before" | "after" | "all";

export interface BridgeOptions {
  readonly settings: Settings;
  /** Of HANDLERS_FILE: fill an empty log, or are all there is (HANDLERS_MODE). Null: none is named. */
  readonly file: LoadedHandlers | null;
  readonly stage: StageChoice;
  readonly logger: Logger;
  /** Called when an operator sets another level; null: as LOG_LEVEL says. */
  readonly setLogLevel?: (level: LogLevel | null) => void;
  /**
   * Where both stages run: whether the after stage has a thread of its own, so that a million facts behind do not move the
   * verdicts' latency [true, unless it is watched].
   */
  readonly isolated?: boolean;
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
  const { settings, stage, logger } = options;
  const metrics = new Metrics();
  const failure = Promise.withResolvers<BridgeError>();
  const parts = stageParts(randomUUID(), settings, logger, metrics, failure.resolve);
  const source = loggedHandlers(parts, options.file);
  followLogLevel(source, options);
  const stages = composeStages(parts, source, options);
  const registryWatch = watchRegistry(parts.registry);
  const stopping = new AbortController();
  let isStarted = false;
  let isRead = false;
  const checks: ReadinessCheck[] = [
    { name: "started", holds: () => isStarted && !stopping.signal.aborted },
    { name: "handlers read", holds: () => isRead },
    { name: "registry reachable", holds: () => registryWatch.reachable() },
    ...stages.flatMap((running) => running.checks),
  ];
  const listener = await startProbeListener({ ...settings.http, checks, metrics: () => metrics.expose() });
  const report = createInstanceReport(parts, stage, () => waitingFor(checks), stages);
  report.start();
  logger.info({ stage, instance: parts.instanceId, probePort: listener.port }, "bridge starting");

  const start = async (): Promise<void> => {
    await source.start(stopping.signal);
    isRead = true;
    const { handlers, revision } = source.current;
    logger.info({ handlers: handlers.length, revision, mode: settings.handlers.mode }, "handlers read");
    await Promise.all(stages.map((running) => running.start(stopping.signal)));
    isStarted = true;
    logger.info({ stage }, "bridge ready");
  };
  const started = start();
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
      stopped ??= stopAll(stages, source, registryWatch, report, listener, settings.drainMs, logger);
      return stopped;
    },
  };
}

function followLogLevel(live: LiveSet, { setLogLevel }: BridgeOptions): void {
  let level: LogLevel | null = null;
  live.onChange(() => {
    if (live.current.logLevel === level) return;
    level = live.current.logLevel;
    setLogLevel?.(level);
  });
}

function composeStages(parts: StageParts, live: LiveSet, { stage, watch, isolated }: BridgeOptions): ComposedStage[] {
  const { logger, metrics } = parts;
  const beforeStage = (): ComposedStage =>
    composeBefore(parts, live, both(observeBefore(logger, metrics), watch?.before));
  const afterStage = (): ComposedStage => composeAfter(parts, live, both(observeAfter(logger, metrics), watch?.after));
  switch (stage) {
    case "before":
      return [beforeStage()];
    case "after":
      return [afterStage()];
    case "all": {
      const hasThread = isolated ?? watch?.after === undefined;
      return [beforeStage(), hasThread ? composeIsolatedAfter(parts, live) : afterStage()];
    }
  }
}

async function stopAll(
  stages: readonly ComposedStage[],
  source: HandlerSource,
  registryWatch: RegistryWatch,
  report: InstanceReport,
  listener: ProbeListener,
  drainMs: number,
  logger: Logger,
): Promise<void> {
  logger.info({ drainMs }, "bridge stopping");
  registryWatch.close();
  // First, so that nothing that ends is built anew.
  const sourceGone = source.stop();
  const ends = await Promise.allSettled(stages.map((running) => running.stop(drainMs)));
  for (const end of ends)
    if (end.status === "rejected") logger.error({ error: end.reason as unknown }, "a stage did not stop cleanly");
  await Promise.all([report.stop(farewellMs), listener.close(), sourceGone]);
  // Connections that were dropped say so in this turn of the event loop: this is the last word.
  await setImmediate();
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

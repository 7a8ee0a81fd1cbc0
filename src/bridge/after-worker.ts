import { parentPort, workerData } from "node:worker_threads";
import { BridgeError, messageOf } from "../errors.ts";
import { observeAfter } from "../observe/after-observer.ts";
import { createLogger } from "../observe/logger.ts";
import { Metrics } from "../observe/metrics.ts";
import { composeAfter } from "./after-stage.ts";
import { ReceivedSets } from "./received-sets.ts";
import { HeldSet, type SetMessage } from "./running-set.ts";
import { waitingFor } from "./stage.ts";
import { stageParts } from "./stage-parts.ts";
import { type FromWorker, stateEveryMs, statusEveryMs, type ToWorker, type WorkerBirth } from "./worker-messages.ts";

/**
 * The after stage in a thread of its own (isolated-after.ts is the other end): whatever a million facts do to this event
 * loop, the verdicts' is another.
 */

const { instanceId, settings, set } = workerData as WorkerBirth;
const port = parentPort;
if (port === null) throw new BridgeError("INTERNAL", "after-worker.ts runs as a worker thread only");

const tell = (message: FromWorker): void => port.postMessage(message);
const fail = (error: unknown): void =>
  tell({ kind: "failed", code: error instanceof BridgeError ? error.code : "INTERNAL", message: messageOf(error) });

const logger = createLogger({ level: settings.log.level, base: { thread: "after" } });
const metrics = new Metrics({ processWide: false });
const parts = stageParts(instanceId, settings, logger, metrics, fail);
const live = new HeldSet();
const received = new ReceivedSets(settings, logger);
const use = (message: SetMessage): void => {
  const next = received.read(message);
  logger.level = next.logLevel ?? settings.log.level;
  live.replace(next);
};
use(set);
const stage = composeAfter(parts, live, observeAfter(logger, metrics));
const stopping = new AbortController();

const tellState = (): void => {
  const { revision, problems } = live.current;
  tell({ kind: "state", waitingFor: waitingFor(stage.checks), running: { revision, problems } });
};
const states = setInterval(tellState, stateEveryMs);
const statuses = setInterval(() => tell({ kind: "status", status: stage.status() }), statusEveryMs);

port.on("message", (message: ToWorker) => {
  if (message.kind === "set") {
    use(message.set);
    tellState();
    return;
  }
  if (message.kind === "metrics") {
    const { id } = message;
    metrics.asJson().then(
      (json) => tell({ kind: "metrics", id, metrics: json }),
      () => tell({ kind: "metrics", id, metrics: [] }),
    );
    return;
  }
  stopping.abort();
  void stage
    .stop(message.drainMs)
    .catch(fail)
    .then(() => {
      clearInterval(states);
      clearInterval(statuses);
      tell({ kind: "stopped" });
      port.close();
    });
});

stage.start(stopping.signal).then(
  () => tell({ kind: "started" }),
  (error: unknown) => {
    if (!stopping.signal.aborted) fail(error);
  },
);

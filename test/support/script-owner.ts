/**
 * A process that owns scripts, for tests that end it: `node script-owner.ts FOLDER [thread]`. It asks `FOLDER/hang` (once
 * for each call) and `FOLDER/busy` (persistent), which hang, and `FOLDER/idle` (persistent); prints `ready` once `idle`
 * has answered, and goes on for ever. With `thread` it does so in a worker thread, which it terminates on SIGUSR2.
 */
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { systemClock } from "../../src/model/clock.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { createTasks } from "../../src/tasks/runner.ts";
import { askedHandler, sampleCall } from "./tasks.ts";

const [folder = "", thread] = process.argv.slice(2);
if (isMainThread && thread === "thread") {
  const worker = new Worker(new URL(import.meta.url), { workerData: folder });
  process.on("SIGUSR2", () => void worker.terminate());
  setInterval(() => undefined, 1000);
} else {
  await own(isMainThread ? folder : (workerData as string));
}

async function own(scriptsDir: string): Promise<void> {
  const tasks = createTasks({ egressAllow: [], scriptsDir, logger: silentLogger, clock: systemClock });
  const ask = (path: string, persistent: boolean) =>
    tasks.ask(
      askedHandler({ kind: "script", path, ...(persistent ? { persistent: { maxCalls: null } } : {}) }, path),
      sampleCall(600_000),
      new AbortController().signal,
    );
  void ask("hang", false);
  void ask("busy", true);
  await ask("idle", true);
  process.stdout.write("ready\n");
}

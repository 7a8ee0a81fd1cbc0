/** A folder of scripts, and tasks that run them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { AskOutcome } from "../../src/before/ports.ts";
import { systemClock } from "../../src/model/clock.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { PersistentScript } from "../../src/model/handler.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { createTasks, type TasksOptions, type UnguardedTasks } from "../../src/tasks/runner.ts";
import { eventually } from "./eventually.ts";
import { askedHandler, sampleCall } from "./tasks.ts";

const never = new AbortController().signal;

export interface Scripts {
  readonly directory: string;
  readonly tasks: UnguardedTasks;
  /** Writes an executable script; its interpreter by path, sh by default. */
  readonly write: (name: string, source: string, interpreter?: string) => Promise<void>;
  /** Asks a script of the folder; `persistent` as its handler's settings have it. */
  readonly ask: (path: string, timeoutMs?: number, persistent?: PersistentScript) => Promise<AskOutcome>;
}

export async function scripts(t: TestContext, options: Partial<TasksOptions> = {}): Promise<Scripts> {
  const directory = await mkdtemp(join(tmpdir(), "scripts-"));
  const tasks = createTasks({
    egressAllow: [],
    scriptsDir: directory,
    logger: silentLogger,
    clock: systemClock,
    ...options,
  });
  t.after(async () => {
    await tasks.close(1000);
    await eventually("no process of the script is left", () => processesIn(directory).length === 0);
    await rm(directory, { recursive: true });
  });
  return {
    directory,
    tasks,
    write: async (name, source, interpreter = "/bin/sh") => {
      await writeFile(join(directory, name), `#!${interpreter}\n${source}\n`);
      await chmod(join(directory, name), 0o755);
    },
    ask: (path, timeoutMs = 5000, persistent) =>
      tasks.ask(
        askedHandler({ kind: "script", path, ...(persistent === undefined ? {} : { persistent }) }),
        sampleCall(timeoutMs),
        never,
      ),
  };
}

/** Processes that work in the directory or were started from it, zombies left out. */
export function processesIn(directory: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      return (
        environment.includes(`PWD=${directory}`) || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(directory)
      );
    } catch {
      return false;
    }
  });
}

export function failureOf(outcome: AskOutcome): Failure {
  assert.ok(outcome.kind === "failure", JSON.stringify(outcome));
  return outcome.failure;
}

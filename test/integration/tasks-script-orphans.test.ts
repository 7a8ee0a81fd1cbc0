import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { processesIn, scripts } from "../support/scripts.ts";

/** It and its child ignore SIGTERM and never look at their pipes: only SIGKILL ends them. */
const stubborn = "trap '' TERM; echo up >> up; (trap '' TERM; sleep 600) & sleep 600";
/** The end of its input does not end it either. */
const answers = `trap '' TERM; while read -r line; do echo "$line"; done; sleep 600`;

/** Starts an owner of scripts, and waits until all of them run. */
async function owner(t: TestContext, ...more: readonly string[]): Promise<{ owner: ChildProcess; directory: string }> {
  // Before the folder's own end, which waits until nothing is left.
  t.after(() => child.kill("SIGKILL"));
  const { write, directory } = await scripts(t);
  await write("hang", stubborn);
  await write("busy", stubborn);
  await write("idle", answers);
  const program = fileURLToPath(new URL("../support/script-owner.ts", import.meta.url));
  const child = spawn(process.execPath, [program, directory, ...more], {
    stdio: ["ignore", "pipe", "inherit"],
    // Out of what the test looks for.
    env: { ...process.env, PWD: "" },
  });
  await once(child.stdout, "data");
  await eventually("all scripts run", () => {
    const up = join(directory, "up");
    return existsSync(up) && readFileSync(up, "utf8").split("\n").length > 2 && scriptsOf(child, directory).length >= 5;
  });
  await eventually("its watchdog is up", () => watchdogsOf(child).some(listens));
  return { owner: child, directory };
}

/** Everything started from the folder but its owner, whose command line names the folder too. */
function scriptsOf(child: ChildProcess, directory: string): readonly string[] {
  return processesIn(directory).filter((pid) => pid !== String(child.pid));
}

/** It has come so far as to wait for its input; it handles signals before. */
function listens(pid: number): boolean {
  const folder = `/proc/${pid}/fdinfo`;
  return readdirSync(folder).some((fd) => /^tfd:\s+0\s/m.test(readFileSync(join(folder, fd), "utf8")));
}

function watchdogsOf(child: ChildProcess): readonly number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        return parent === String(child.pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("orphan-watchdog");
      } catch {
        return false;
      }
    });
}

test("a bridge that is killed takes its scripts with it: those of a call, persistent ones at work and idle ones", async (t) => {
  const { owner: child, directory } = await owner(t);
  child.kill("SIGKILL");
  await eventually("nothing is left", () => scriptsOf(child, directory).length === 0);
});

test("its watchdog is out of reach of what ends the bridge's own group, and ends with the bridge", async (t) => {
  const { owner: child, directory } = await owner(t);
  const watchdogs = watchdogsOf(child);
  assert.equal(watchdogs.length, 1);
  for (const pid of watchdogs) process.kill(pid, "SIGTERM");
  child.kill("SIGKILL");
  await eventually("nothing is left", () => scriptsOf(child, directory).length === 0);
  await eventually("the watchdog has ended", () => watchdogs.every((pid) => !existsSync(`/proc/${pid}`)));
});

test("a watchdog that was killed is replaced, and the new one knows every script", async (t) => {
  const { owner: child, directory } = await owner(t);
  const [first] = watchdogsOf(child);
  assert.ok(first !== undefined);
  process.kill(first, "SIGKILL");
  await eventually("there is another", () => watchdogsOf(child).some((pid) => pid !== first));
  child.kill("SIGKILL");
  await eventually("nothing is left", () => scriptsOf(child, directory).length === 0);
});

test("a thread that is terminated takes its scripts with it", async (t) => {
  const { owner: child, directory } = await owner(t, "thread");
  child.kill("SIGUSR2");
  await eventually("nothing is left", () => scriptsOf(child, directory).length === 0);
  assert.equal(child.exitCode, null, "the process itself goes on");
});

test("a bridge that is told to end by a signal it does not handle takes its scripts with it", async (t) => {
  const { owner: child, directory } = await owner(t);
  child.kill("SIGTERM");
  await eventually("nothing is left", () => scriptsOf(child, directory).length === 0);
});

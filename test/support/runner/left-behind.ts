import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that a test started and did not end. */
export interface LeftBehind {
  readonly pid: number;
  readonly command: string;
}

/** The variable that every process below a test run inherits; a daemon that leaves its parent keeps it. */
export const runMark = "PROVISIONING_BRIDGE_TEST_RUN";

/**
 * The processes that still carry the mark once those that are ending had `graceMs` to end. Linux only: elsewhere the
 * environment of another process cannot be read, and nothing is found.
 */
export async function leftBehind(mark: string, graceMs: number): Promise<readonly LeftBehind[]> {
  const until = performance.now() + graceMs;
  let found = marked(mark);
  while (found.length > 0 && performance.now() < until) {
    await sleep(100);
    found = marked(mark);
  }
  return found;
}

function marked(mark: string): LeftBehind[] {
  if (process.platform !== "linux") return [];
  const entry = `${runMark}=${mark}`;
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    // A zombie's environment is empty, so that one is not found.
    if (!readProc(pid, "environ").split("\0").includes(entry)) return [];
    return [{ pid, command: readProc(pid, "cmdline").replaceAll("\0", " ").slice(0, 200) }];
  });
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

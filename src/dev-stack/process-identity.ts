import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process, named so that a later process with the same pid is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the operating system's own notation; only compared. */
  readonly startedAt: string;
}

/** The identity of a running process; null when it is gone (a zombie counts as gone: nobody may ever reap it). */
export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalTo(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/**
 * SIGTERM, then SIGKILL after `graceMs` (0: SIGKILL at once). Resolves when the process is gone,
 * with false if it still exists 5 s after SIGKILL (a process in uninterruptible sleep).
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (graceMs > 0) {
    signalTo(identity, "SIGTERM");
    // A stopped process does not see SIGTERM until it is continued.
    signalTo(identity, "SIGCONT");
    if (await goneWithin(identity, graceMs)) return true;
  }
  signalTo(identity, "SIGKILL");
  return goneWithin(identity, 5000);
}

async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    if (!isAlive(identity)) return true;
    await sleep(50);
  }
  return !isAlive(identity);
}

/** The fields of /proc/PID/stat after the command name, which may itself hold spaces and brackets. */
export function parseLinuxStat(stat: string): { readonly state: string; readonly startTicks: string } | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? null : { state, startTicks };
}

function startOnLinux(pid: number): string | null {
  try {
    const stat = parseLinuxStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return stat === null || stat.state === "Z" || stat.state === "X" ? null : stat.startTicks;
  } catch {
    return null;
  }
}

function startByPs(pid: number): string | null {
  try {
    const [state, ...started] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
    })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith("Z") || started.length === 0 ? null : started.join(" ");
  } catch {
    return null;
  }
}

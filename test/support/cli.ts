import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { runMark } from "./runner/left-behind.ts";

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = join(import.meta.dirname, "../..");

/** Runs a command of this program in a process of its own, beside what the test does; the environment is `env` alone. */
export function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliEnd> & { readonly child: ChildProcess } {
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], [runMark]: process.env[runMark], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const limit = setTimeout(() => child.kill("SIGKILL"), 90_000);
  const ended = new Promise<CliEnd>((resolve) => {
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr });
    });
  });
  return Object.assign(ended, { child });
}

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LogLine } from "./bridge-process.ts";
import { eventually } from "./eventually.ts";
import { runMark } from "./runner/left-behind.ts";

/** `admin`, as a process of its own, on a free port of loopback. */
export interface AdminProcess {
  readonly url: string;
  readonly lines: readonly LogLine[];
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const root = join(import.meta.dirname, "../..");

export async function startAdminProcess(env: Readonly<Record<string, string>>): Promise<AdminProcess> {
  const index = mkdtempSync(join(tmpdir(), "admin-index-"));
  const child = spawn(process.execPath, ["src/cli/main.ts", "admin"], {
    cwd: root,
    env: {
      PATH: process.env["PATH"],
      [runMark]: process.env[runMark],
      ADMIN_PORT: "0",
      EXECUTION_INDEX_DIR: index,
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: LogLine[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as LogLine));
  let code: number | null | undefined;
  const ended = new Promise<number | null>((resolve) =>
    child.once("close", (exit) => {
      code = exit;
      rmSync(index, { recursive: true, force: true });
      resolve(exit);
    }),
  );
  const listening = (): LogLine | undefined => lines.find(({ msg }) => msg === "admin interface listening");
  try {
    await eventually(
      "the admin interface listens",
      () => {
        if (code !== undefined) throw new Error(`it has ended: ${code}`);
        return listening() !== undefined;
      },
      40_000,
    );
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    url: `http://127.0.0.1:${String(listening()?.["port"])}`,
    lines,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

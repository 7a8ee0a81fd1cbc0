import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../src/dev-stack/ports.ts";

const root = join(import.meta.dirname, "../..");

/** `serve` as operators run it, in a process of its own; its log goes nowhere, but is written. */
export class BenchBridge {
  readonly pid: number;
  /** Its probes and metrics. */
  readonly url: string;
  /** From its start until it said that it is ready. Milliseconds. */
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, url: string, readyMs: number) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
    this.pid = child.pid ?? 0;
    this.readyMs = readyMs;
  }

  static async start(
    env: Readonly<Record<string, string>>,
    handlers: readonly object[],
    scripts: Readonly<Record<string, string>> = {},
    stage = "all",
  ): Promise<BenchBridge> {
    const [port = 0] = await freePorts(1);
    const folder = mkdtempSync(join(tmpdir(), "bench-bridge-"));
    writeFileSync(join(folder, "handlers.yaml"), JSON.stringify({ handlers }));
    for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text, { mode: 0o755 });
    const url = `http://127.0.0.1:${port}`;
    const startMs = performance.now();
    const child = spawn(process.execPath, ["src/cli/main.ts", "serve", "--stage", stage], {
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        HANDLERS_FILE: join(folder, "handlers.yaml"),
        HANDLERS_MODE: "file",
        SCRIPTS_DIR: folder,
        EGRESS_ALLOW: "127.0.0.0/8",
        HTTP_HOST: "127.0.0.1",
        HTTP_PORT: String(port),
        ...env,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ready = async (): Promise<boolean> => {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
      return answer.status === 200;
    };
    while (!(await ready().catch(() => false))) {
      if (hasEnded(child) || performance.now() - startMs > 60_000) {
        await end(child, folder, "SIGKILL");
        throw new Error("the bridge did not start");
      }
      await sleep(20);
    }
    return new BenchBridge(child, folder, url, performance.now() - startMs);
  }

  async stop(): Promise<void> {
    await end(this.#child, this.#folder, "SIGTERM");
  }

  /** For a bridge that would drain for long: nobody needs what it has. */
  async kill(): Promise<void> {
    await end(this.#child, this.#folder, "SIGKILL");
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function end(child: ChildProcess, folder: string, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (!hasEnded(child)) {
    child.kill(signal);
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}

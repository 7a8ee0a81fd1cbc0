import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./eventually.ts";
import { runMark } from "./runner/left-behind.ts";

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface BridgeProcessOptions {
  /** Settings on top of the loopback ones. The rest of this process's environment does not reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** What HANDLERS_FILE holds; JSON is YAML. With it the file is all there is, unless `env` says HANDLERS_MODE=topic. */
  readonly handlers?: readonly object[];
  /** Scripts of SCRIPTS_DIR by name. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly stage?: "before" | "after" | "all";
  /** The program as it is shipped, which `npm run build` has made, instead of its sources. */
  readonly built?: boolean;
}

const root = join(import.meta.dirname, "../..");

/** `serve`, as a process of its own. */
export class BridgeProcess {
  /** Every JSON line it logged. */
  readonly lines: LogLine[] = [];
  /** What it wrote to standard error. */
  stderr = "";
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<number | string>;
  #exit: number | string | null = null;

  constructor({ built = false, env, handlers, scripts = {}, stage = "all" }: BridgeProcessOptions) {
    this.#folder = mkdtempSync(join(tmpdir(), "bridge-process-"));
    const handlersFile = join(this.#folder, "handlers.yaml");
    if (handlers !== undefined) writeFileSync(handlersFile, JSON.stringify({ handlers }));
    for (const [name, text] of Object.entries(scripts)) writeFileSync(join(this.#folder, name), text, { mode: 0o755 });
    this.#child = spawn(process.execPath, [built ? "dist/cli/main.js" : "src/cli/main.ts", "serve", "--stage", stage], {
      cwd: root,
      env: {
        PATH: process.env["PATH"],
        // The runner finds by it what a test left behind.
        [runMark]: process.env[runMark],
        ...(handlers === undefined ? {} : { HANDLERS_FILE: handlersFile, HANDLERS_MODE: "file" }),
        SCRIPTS_DIR: this.#folder,
        EXECUTION_INDEX_DIR: this.#folder,
        EGRESS_ALLOW: "127.0.0.0/8",
        HTTP_HOST: "127.0.0.1",
        HTTP_PORT: "0",
        LOG_LEVEL: "debug",
        // Whatever Node warns of stands in `stderr`, with where it comes from.
        NODE_OPTIONS: "--trace-warnings",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stderr, stdout } = this.#child;
    if (stdout === null || stderr === null) throw new Error("piped above");
    createInterface(stdout).on("line", (line) => this.lines.push(JSON.parse(line) as LogLine));
    stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#exit = code ?? signal ?? "no code";
        rmSync(this.#folder, { recursive: true, force: true });
        resolve(this.#exit);
      });
    });
  }

  /** Starts one and waits until it is ready. */
  static async ready(options: BridgeProcessOptions, withinMs = 40_000): Promise<BridgeProcess> {
    const bridge = new BridgeProcess(options);
    try {
      await bridge.untilReady(withinMs);
    } catch (error) {
      await bridge.kill();
      throw error;
    }
    return bridge;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#exit === null;
  }

  /** Lines with this text. */
  said(msg: string): readonly LogLine[] {
    return this.lines.filter((line) => line.msg === msg);
  }

  /** Waits for a line; rejects when none comes in time or the process ends first. */
  async line(what: string, matches: (line: LogLine) => boolean, ms = 20_000): Promise<LogLine> {
    await eventually(`log line: ${what}`, () => this.#unlessEnded(this.lines.some(matches)), ms).catch(
      (error: unknown) => this.#explain(error),
    );
    const line = this.lines.find(matches);
    if (line === undefined) throw new Error("found above");
    return line;
  }

  /** GET of the probe listener; null when nobody answers. */
  async probe(path: string): Promise<{ readonly status: number; readonly text: string } | null> {
    const port = Number(this.said("bridge starting")[0]?.["probePort"] ?? 0);
    if (port === 0) return null;
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5000) });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }

  async untilReady(withinMs = 40_000): Promise<void> {
    const ready = async () => this.#unlessEnded((await this.probe("/readyz"))?.status === 200);
    await eventually("the bridge is ready", ready, withinMs).catch((error: unknown) => this.#explain(error));
  }

  /** Sum of a counter's samples whose labels include `labels`; 0 when it has none. `name` without the common prefix. */
  async counter(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const { text = "" } = (await this.probe("/metrics")) ?? {};
    return text
      .split("\n")
      .filter((line) => new RegExp(`^provisioning_bridge_${name}[{ ]`).test(line))
      .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, or the signal that ended it. Rejects when it does not end in time, or not by itself. */
  async exit(withinMs = 30_000): Promise<number | string> {
    await eventually("the process ends", () => !this.alive, withinMs).catch((error: unknown) => this.#explain(error));
    const held = this.lines.find(({ msg }) => msg === "something kept the process from ending");
    if (held !== undefined) throw new Error(JSON.stringify(held));
    return this.#exited;
  }

  /** SIGTERM, and waits. */
  terminate(withinMs = 30_000): Promise<number | string> {
    this.signal("SIGTERM");
    return this.exit(withinMs);
  }

  /** SIGKILL, whatever it is doing; for cleaning up too. */
  async kill(): Promise<void> {
    if (this.alive) this.signal("SIGKILL");
    await this.#exited;
  }

  #unlessEnded(holds: boolean): boolean {
    if (!holds && !this.alive) throw new Error(`the bridge ended with ${this.#exit}`);
    return holds;
  }

  #explain(error: unknown): never {
    const last = this.lines.slice(-15).map((line) => JSON.stringify(line));
    throw new Error([String(error), this.stderr, ...last].join("\n"), { cause: error });
  }
}

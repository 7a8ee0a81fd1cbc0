import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { SinkSays, Watch } from "../programs/sink.ts";
import type { Quantiles } from "./meter.ts";

const watchMs = 300_000;
const programs = join(import.meta.dirname, "../programs");
/** kafkajs as it comes waits a negative time now and then, and Node says so each time. */
const quietly = "--disable-warning=TimeoutNegativeWarning";

/** The HTTP server that deliveries go to. */
export class SinkProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}/provision`;
  }

  static async start(latencyMs: number): Promise<SinkProcess> {
    const child = fork(join(programs, "sink.ts"), [String(latencyMs)]);
    const [said] = (await once(child, "message")) as [SinkSays];
    return new SinkProcess(child, said.kind === "listening" ? said.port : 0);
  }

  /** Resolves once the events have come; rejects when they have not within five minutes. */
  async watch(watch: Watch): Promise<{ readonly perSecond: number; readonly cpuSeconds: number }> {
    this.#child.send(watch);
    const [said] = (await once(this.#child, "message", { signal: AbortSignal.timeout(watchMs) })) as [SinkSays];
    if (said.kind !== "watched") throw new Error("the sink said something else");
    return said;
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await once(this.#child, "exit");
  }
}

/** A program that runs until it is killed. */
export async function during<T>(
  name: string,
  args: readonly string[],
  use: (pid: number) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const child = spawn(process.execPath, [quietly, join(programs, name), ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    return await use(child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

export interface AskResult extends Quantiles {
  readonly perSecond: number;
  readonly cpuSeconds: number;
  /** How many were decided by whom; empty for the floor, which decides nothing. */
  readonly decided: Readonly<Record<string, number>>;
}

/** Runs a program to its end and reads its one line, the last it prints. */
export async function resultOf<T = AskResult>(
  name: string,
  args: readonly (string | number)[],
  env: Readonly<Record<string, string>> = {},
  withinMs = 120_000,
): Promise<T> {
  const child = spawn(process.execPath, [quietly, join(programs, name), ...args.map(String)], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: withinMs,
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  const line = text.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`${name} ${args.join(" ")} ended without a result`);
  return JSON.parse(line) as T;
}

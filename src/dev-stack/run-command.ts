import { spawn } from "node:child_process";

/** How a short-lived command ended. `output` is the end of stdout and stderr together, at most 64 KiB. */
export type CommandOutcome =
  | { readonly kind: "exited"; readonly code: number; readonly output: string }
  | { readonly kind: "not-found" }
  | { readonly kind: "timed-out"; readonly output: string };

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Replaces the environment; default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

const outputBound = 64 * 1024;

/** Runs a command without a shell and waits for its end; past the timeout, or when aborted, it is killed. Never throws. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let timedOut = false;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-outputBound);
    };
    const kill = (): void => void child.kill("SIGKILL");
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeoutMs);
    options.signal?.addEventListener("abort", kill, { once: true });
    if (options.signal?.aborted === true) kill();
    const settle = (outcome: CommandOutcome): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", kill);
      resolve(outcome);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", () => settle({ kind: "not-found" }));
    // "exit" and not "close": a grandchild that inherited the pipes must not hold us.
    child.once("exit", (code) =>
      settle(timedOut ? { kind: "timed-out", output } : { kind: "exited", code: code ?? 1, output }),
    );
  });
}

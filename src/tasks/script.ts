/**
 * Runs scripts: no shell, the body as JSON on standard input, the answer on standard output, the exit code decides
 * (docs, "Local scripts"). The working directory is SCRIPTS_DIR.
 */
import type { Clock } from "../model/clock.ts";
import type { Handler, ScriptTask } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallTime, Over } from "./call-time.ts";
import { callHeaders, scriptEnvironment } from "./headers.ts";
import type { TaskLimits } from "./limits.ts";
import { responseText } from "./response-text.ts";
import { resolveScript } from "./script-path.ts";
import { type ScriptEnd, ScriptProcess } from "./script-process.ts";

export type ScriptResult =
  | ScriptEnd
  | { readonly kind: "over"; readonly over: Over }
  | { readonly kind: "refused"; readonly detail: string };

/** Says that a call's place stays taken until `gone` resolves, although the call itself has ended. */
export type Hold = (gone: Promise<unknown>) => void;

export interface ScriptOptions {
  readonly scriptsDir: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TaskLimits;
}

/** A process that waits for a dead disk cannot be killed; the stop of the bridge must not hang on it. Milliseconds. */
const unkillableMs = 1000;

export class ScriptTasks {
  readonly #options: ScriptOptions;
  readonly #running = new Set<ScriptProcess>();

  constructor(options: ScriptOptions) {
    this.#options = options;
  }

  /**
   * Rejects never; ends when `time` does. The process may live a little longer, until SIGKILL.
   *
   * @param secrets values masked in what is logged of standard error.
   * @param hold told of the process: the call's place is taken until it is gone.
   */
  async run(
    handler: Handler,
    task: ScriptTask,
    call: TaskCall,
    body: string,
    secrets: readonly string[],
    time: CallTime,
    hold: Hold,
  ): Promise<ScriptResult> {
    const { scriptsDir, clock, limits } = this.#options;
    const found = await time.within(resolveScript(scriptsDir, task.path));
    const script = found.kind === "over" ? found : found.value;
    if (script.kind !== "script") return script;
    const headers = callHeaders(call, handler.stage, clock.epochMs(), time.remainingMs());
    const running = new ScriptProcess(
      {
        path: script.path,
        directory: script.directory,
        environment: scriptEnvironment(headers),
        input: body,
        outputLimit: limits.answerBytes,
        errorLimit: limits.logBytes,
      },
      clock,
    );
    if (this.#running.size === 0) process.once("exit", this.#killAll);
    this.#running.add(running);
    hold(running.gone);
    void running.gone.then(() => {
      this.#running.delete(running);
      if (this.#running.size === 0) process.off("exit", this.#killAll);
    });
    void running.ended.then((end) => this.#logErrors(handler, call, end, secrets));
    const result = await time.within(running.ended);
    if (result.kind === "done") return result.value;
    running.stop(limits.killGraceMs);
    return result;
  }

  /** Kills what still runs; resolves when no process is left, or when one could not be killed within a second. */
  async close(): Promise<void> {
    this.#killAll();
    const gone = Promise.all([...this.#running].map((script) => script.gone));
    const bound = Promise.withResolvers<undefined>();
    const timer = this.#options.clock.after(unkillableMs, () => bound.resolve(undefined));
    await Promise.race([gone, bound.promise]);
    timer.cancel();
  }

  /** Also when this process ends without closing: a group of its own would live on. */
  readonly #killAll = (): void => {
    for (const script of this.#running) script.kill();
  };

  #logErrors(handler: Handler, call: TaskCall, end: ScriptEnd, secrets: readonly string[]): void {
    if (end.stderr.length === 0) return;
    const { logger, limits } = this.#options;
    const complete = end.stderr.length < limits.logBytes;
    const stderr = responseText(end.stderr, limits.logBytes, secrets, complete);
    logger.warn({ handler: handler.id, delivery: call.deliveryId, stderr }, "the script wrote to standard error");
  }
}

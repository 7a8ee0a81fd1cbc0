/**
 * Runs scripts: no shell, the body as JSON on standard input, the answer on standard output, the exit code decides
 * (docs/handlers.md, "Scripts"); persistent ones get a line and answer with one. The working directory is SCRIPTS_DIR.
 */
import type { Clock } from "../model/clock.ts";
import type { Handler, ScriptTask } from "../model/handler.ts";
import type { Logger } from "../model/logger.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { CallTime, Over } from "./call-time.ts";
import { type CallHeaders, callHeaders, scriptEnvironment } from "./headers.ts";
import type { TaskLimits } from "./limits.ts";
import { type PersistentResult, PersistentScripts } from "./persistent.ts";
import { ProcessGroups } from "./process-groups.ts";
import { type ScriptPath, ScriptPaths } from "./script-path.ts";
import { type ScriptEnd, ScriptProcess } from "./script-process.ts";
import { logStandardError } from "./standard-error.ts";

export type ScriptResult =
  | ScriptEnd
  | { readonly kind: "persistent"; readonly result: PersistentResult }
  | { readonly kind: "over"; readonly over: Over }
  | { readonly kind: "refused"; readonly detail: string };

/** Says that a call's place stays taken until `gone` resolves, although the call itself has ended. */
export type Hold = (gone: Promise<unknown>) => void;

export interface ScriptOptions {
  readonly scriptsDir: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TaskLimits;
  readonly onHeaders?: ((headers: CallHeaders) => void) | undefined;
}

export class ScriptTasks {
  readonly #options: ScriptOptions;
  readonly #groups: ProcessGroups;
  readonly #persistent: PersistentScripts;
  readonly #paths: ScriptPaths;

  constructor(options: ScriptOptions) {
    this.#options = options;
    const { clock, limits, logger, onHeaders, scriptsDir } = options;
    this.#paths = new ScriptPaths(scriptsDir);
    this.#groups = new ProcessGroups(clock, logger);
    this.#persistent = new PersistentScripts({ groups: this.#groups, clock, logger, limits, onHeaders });
  }

  /**
   * Rejects never; ends when `time` does. The process may live a little longer, until SIGKILL.
   *
   * @param secrets values masked in what is logged of standard error.
   * @param hold told of the process: the call's place is taken until it is gone, or can be called again.
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
    const found = await time.within(this.#paths.find(task.path));
    const program = found.kind === "over" ? found : found.value;
    if (program.kind !== "script") return program;
    const { persistent } = task;
    if (persistent === undefined) return this.#runOnce(handler, program, call, body, secrets, time, hold);
    const free = Promise.withResolvers<undefined>();
    hold(free.promise);
    const request = { handler, call, body, secrets, time, program, persistent };
    const result = await this.#persistent.run(request, () => free.resolve(undefined));
    return result.kind === "over" ? result : { kind: "persistent", result };
  }

  async #runOnce(
    handler: Handler,
    program: ScriptPath & { readonly kind: "script" },
    call: TaskCall,
    body: string,
    secrets: readonly string[],
    time: CallTime,
    hold: Hold,
  ): Promise<ScriptResult> {
    const { clock, limits } = this.#options;
    const headers = callHeaders(call, handler.stage, clock.epochMs(), time.remainingMs());
    this.#options.onHeaders?.(headers);
    const running = new ScriptProcess(
      {
        path: program.path,
        directory: program.directory,
        environment: scriptEnvironment(headers),
        input: body,
        outputLimit: limits.answerBytes,
        errorLimit: limits.logBytes,
      },
      this.#groups,
    );
    hold(running.gone);
    void running.ended.then((end) => this.#logErrors(handler, call, end, secrets));
    const result = await time.within(running.ended);
    if (result.kind === "done") return result.value;
    running.stop(limits.killGraceMs);
    return result;
  }

  /** Ends what is kept up for a handler that is gone. */
  forget(handlerId: string): void {
    this.#persistent.forget(handlerId);
  }

  /** Ends what is kept up, kills what still runs; resolves when each has ended or got its SIGKILL. */
  async close(): Promise<void> {
    await this.#persistent.close();
    await this.#groups.close();
  }

  #logErrors(handler: Handler, { deliveryId }: TaskCall, { stderr }: ScriptEnd, secrets: readonly string[]): void {
    const { logger, limits } = this.#options;
    logStandardError(logger, { handler: handler.id, delivery: deliveryId, bytes: stderr }, limits.logBytes, secrets);
  }
}

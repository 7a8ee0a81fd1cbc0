/** One run of a script that is started for its call: the body in, everything it wrote out. */
import { Kept } from "./kept.ts";
import type { GroupEnd, GroupStart, ProcessGroup } from "./process-group.ts";
import type { ProcessGroups } from "./process-groups.ts";

export interface ScriptStart extends GroupStart {
  readonly input: string;
  /** Bytes; past it the script is killed. */
  readonly outputLimit: number;
  /** Bytes of standard error that are kept; the rest is read and dropped. */
  readonly errorLimit: number;
}

export interface ScriptEnd {
  readonly kind: "exited" | "signalled" | "too-large" | "not-started";
  /** Exit code of "exited", else -1. */
  readonly code: number;
  /** The signal, or why it did not start. */
  readonly detail: string;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export class ScriptProcess {
  readonly ended: Promise<ScriptEnd>;
  readonly #group: ProcessGroup;

  constructor(start: ScriptStart, groups: ProcessGroups) {
    const stdout = new Kept(start.outputLimit);
    const stderr = new Kept(start.errorLimit);
    const { promise, resolve } = Promise.withResolvers<ScriptEnd>();
    const finish = (kind: ScriptEnd["kind"], code: number, detail: string): void =>
      resolve({ kind, code, detail, stdout: stdout.bytes(), stderr: stderr.bytes() });
    this.ended = promise;
    this.#group = groups.start(start, {
      output: (chunk) => {
        if (stdout.add(chunk)) return;
        this.#group.kill();
        finish("too-large", -1, "");
      },
      errors: (chunk) => void stderr.add(chunk),
      // A script that ends without reading its input is no error.
      deaf: () => undefined,
      ended: (end: GroupEnd) =>
        end.kind === "exited" ? finish("exited", end.code, "") : finish(end.kind, -1, end.detail),
    });
    this.#group.endInput(start.input);
  }

  /** Never rejects. */
  get gone(): Promise<void> {
    return this.#group.gone;
  }

  /** SIGTERM to the group, SIGKILL after `graceMs`. */
  stop(graceMs: number): void {
    this.#group.stop(graceMs);
  }
}

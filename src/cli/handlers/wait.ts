import type { Clock } from "../../model/clock.ts";
import { pause } from "../../model/deadline.ts";
import type { HeardInstance } from "../../operations/instances.ts";

/** Who runs a revision of the handlers, as they say themselves. */
export interface Spread {
  readonly revision: number;
  /** Instances that run it. */
  readonly on: readonly string[];
  /** Instances that were heard and do not. */
  readonly behind: readonly { readonly instance: string; readonly host: string; readonly revision: number }[];
  /** Handlers of the change that an instance does not run as they are defined. */
  readonly problems: readonly { readonly instance: string; readonly handler: string; readonly problem: string }[];
  readonly ms: number;
}

/** A status comes every two seconds: whoever is not heard for longer is not there. Milliseconds. */
const hearMs = 3000;
const lookEveryMs = 200;

/**
 * Waits until every instance that is heard runs a revision, for `waitMs` at most. Where none is heard it waits long enough
 * to hear one that lives. Throws as `InstanceWatch.look`.
 */
export async function untilEverywhere(
  look: () => Promise<readonly HeardInstance[]>,
  {
    revision,
    handlers,
    waitMs,
    clock,
  }: {
    readonly revision: number;
    readonly handlers: readonly string[];
    readonly waitMs: number;
    readonly clock: Clock;
  },
): Promise<Spread> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const spread = spreadOf(await look(), revision, handlers, Math.round(clock.monotonicMs() - startMs));
    const heard = spread.on.length + spread.behind.length;
    const over = spread.ms >= (heard === 0 ? Math.min(hearMs, waitMs) : waitMs);
    if (over || (heard > 0 && spread.behind.length === 0)) return spread;
    await pause(clock, lookEveryMs);
  }
}

function spreadOf(heard: readonly HeardInstance[], revision: number, handlers: readonly string[], ms: number): Spread {
  const statuses = heard.map(({ status }) => status);
  const on = statuses.filter((status) => status.handlersRevision >= revision);
  return {
    ...{ revision, ms },
    on: on.map(({ instanceId }) => instanceId),
    behind: statuses
      .filter((status) => !on.includes(status))
      .map(({ instanceId, host, handlersRevision }) => ({ instance: instanceId, host, revision: handlersRevision })),
    problems: on.flatMap(({ instanceId, problems }) =>
      problems.flatMap(({ handler, problem }) =>
        handler !== null && handlers.includes(handler) ? [{ instance: instanceId, handler, problem }] : [],
      ),
    ),
  };
}

/** What to tell of it, and whether all is well. */
export function spreadText({ revision, on, behind, problems, ms }: Spread): {
  readonly ok: boolean;
  readonly lines: readonly string[];
} {
  if (on.length + behind.length === 0) return { ok: true, lines: ["no bridge is heard: one that starts runs it"] };
  const count = (n: number): string => `${n} ${n === 1 ? "instance" : "instances"}`;
  const waited = `${(ms / 1000).toFixed(1)} s`;
  const lines = behind.length === 0 ? [`revision ${revision} runs on ${count(on.length)}, after ${waited}`] : [];
  if (behind.length > 0) {
    lines.push(
      `revision ${revision} is written, but after ${waited} ${count(behind.length)} of ${on.length + behind.length} do not run it:`,
    );
    for (const { instance, host, revision: own } of behind)
      lines.push(
        own < 0
          ? `  ${instance} at ${host} runs handlers of a file, or has not read the log yet`
          : `  ${instance} at ${host} runs revision ${own}`,
      );
  }
  for (const { instance, handler, problem } of problems)
    lines.push(`  ${instance} does not run ${handler} as it is defined: ${problem}`);
  return { ok: behind.length === 0 && problems.length === 0, lines };
}

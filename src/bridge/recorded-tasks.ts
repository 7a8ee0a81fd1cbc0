import type { Clock } from "../model/clock.ts";
import type { AskReport } from "../observe/execution-record.ts";
import { isTimeUp } from "../tasks/call-time.ts";
import type { UnguardedTasks } from "../tasks/runner.ts";

/** Tells of each question that is really asked, when it has ended. After the event the engine tells, as it knows what followed. */
export function recordedTasks(tasks: UnguardedTasks, clock: Clock, asked: (report: AskReport) => void): UnguardedTasks {
  return {
    egress: tasks.egress,
    ask: async (handler, call, signal, hold) => {
      const startMs = clock.monotonicMs();
      const outcome = await tasks.ask(handler, call, signal, hold);
      asked({ handler, call, outcome, ms: clock.monotonicMs() - startMs, isCancelled: isCancelled(signal) });
      return outcome;
    },
    deliver: (handler, call, signal, hold) => tasks.deliver(handler, call, signal, hold),
    forget: (handlerId) => tasks.forget(handlerId),
    close: (deadlineMs) => tasks.close(deadlineMs),
  };
}

/** Nobody needed the answer any more; that its time was over is the handler's own doing (before/ports.ts). */
function isCancelled(signal: AbortSignal): boolean {
  return signal.aborted && !isTimeUp(signal);
}

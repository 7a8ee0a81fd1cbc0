import { traceCall } from "../observe/traces.ts";
import type { UnguardedTasks } from "../tasks/runner.ts";

/** A span around each call that is really made: what a breaker or a full queue refuses is none. */
export function tracedTasks(tasks: UnguardedTasks): UnguardedTasks {
  return {
    egress: tasks.egress,
    ask: (handler, call, signal, hold) =>
      traceCall("ask", handler.id, call, (inner) => tasks.ask(handler, inner, signal, hold)),
    deliver: (handler, call, signal, hold) =>
      traceCall("deliver", handler.id, call, (inner) => tasks.deliver(handler, inner, signal, hold)),
    forget: (handlerId) => tasks.forget(handlerId),
    close: (deadlineMs) => tasks.close(deadlineMs),
  };
}

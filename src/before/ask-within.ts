import type { Clock } from "../model/clock.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { AskOutcome, BeforeTasks } from "./ports.ts";

/**
 * One call that ends at `call.timeoutMs` whatever the port does: it may never settle, settle late, reject or throw. An
 * answer that comes later is dropped. The port's signal aborts as soon as nobody waits any more.
 */
export function askWithin(
  tasks: BeforeTasks,
  clock: Clock,
  handler: BeforeHandler,
  call: TaskCall,
  cancelled: AbortSignal,
): Promise<AskOutcome> {
  return new Promise((resolve) => {
    const nobodyWaits = new AbortController();
    const end = (outcome: AskOutcome): void => {
      timer.cancel();
      cancelled.removeEventListener("abort", giveUp);
      resolve(outcome);
    };
    const endEarly = (outcome: AskOutcome, why: DOMException): void => {
      end(outcome);
      nobodyWaits.abort(why);
    };
    const giveUp = (): void => endEarly(failure("timeout", "cancelled: the verdict was already known"), notNeeded);
    // The reason tells a breaker a handler that was too slow from one that was no longer needed.
    const timeUp = (): void => {
      const detail = `no answer within ${call.timeoutMs} ms`;
      endEarly(failure("timeout", detail), new DOMException(detail, "TimeoutError"));
    };
    const timer = clock.after(call.timeoutMs, timeUp);
    cancelled.addEventListener("abort", giveUp, { once: true });
    if (cancelled.aborted) {
      giveUp();
      return;
    }
    // Ports never reject: what does is a defect of this program, not of the handler.
    const broken = (): void =>
      endEarly(failure("internal", "a defect of the bridge: the task could not be run"), notNeeded);
    try {
      tasks.ask(handler, call, nobodyWaits.signal).then(end, broken);
    } catch {
      broken();
    }
  });
}

const notNeeded = new DOMException("nobody waits for the answer any more", "AbortError");

function failure(kind: "timeout" | "internal", detail: string): AskOutcome {
  return { kind: "failure", failure: { kind, detail } };
}

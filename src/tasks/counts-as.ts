import type { Failure } from "../model/failure.ts";
import type { CallEnd } from "./breaker.ts";
import { isTimeUp } from "./call-time.ts";
import { scriptExits } from "./script-outcome.ts";

/**
 * What a failed call says about its handler. Only what an event's data cannot provoke counts against it; an answer,
 * however useless, shows that the handler is there.
 *
 * @param signal the call's own: aborted with a TimeoutError, the handler was too slow; otherwise nobody needed it.
 */
export function countsAs(failure: Failure, signal: AbortSignal): CallEnd {
  if (signal.aborted && !isTimeUp(signal)) return "nothing";
  switch (failure.kind) {
    case "unreachable":
    case "timeout":
    case "killed":
      return "failure";
    case "status":
      return (failure.status ?? 0) >= 500 ? "failure" : "success";
    case "exit":
      return failure.exit === scriptExits.temporary ? "success" : "failure";
    case "bad-answer":
    case "not-permitted":
    case "invalid":
    case "too-large":
      return "success";
    case "condition":
    case "breaker-open":
    case "overload":
    case "no-budget":
    case "internal":
      return "nothing";
  }
}

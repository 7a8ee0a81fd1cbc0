/** What the before stage needs from outside. The implementations live in tasks/, kafka/ and observe/. */
import type { Answer } from "../model/answer.ts";
import type { BridgeEvent } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { Recode } from "../model/reading.ts";
import type { TaskCall } from "../model/task-call.ts";

export type AskOutcome =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failure"; readonly failure: Failure };

export interface BeforeTasks {
  /** Asks one handler. Never rejects; ends at `call.timeoutMs` at the latest, or at once when `signal` aborts. */
  ask(handler: BeforeHandler, call: TaskCall, signal: AbortSignal): Promise<AskOutcome>;
}

/** A request, decoded, with what is left of its time. */
export interface Question {
  readonly event: BridgeEvent;
  readonly recode: Recode;
  readonly operationId: string;
  readonly attempt: number;
  readonly baseVersion: string | null;
  readonly dataHash: string;
  readonly sequence: string;
  /** Monotonic time (Clock.monotonicMs) at which the verdict must be folded: the bridge's share of the budget ends. */
  readonly decideByMs: number;
}

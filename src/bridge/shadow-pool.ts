import type { Decided, Question } from "../before/ports.ts";
import { Shadows } from "../before/shadows.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { BreakerStanding } from "../model/instance-status.ts";
import type { AskReport } from "../observe/execution-record.ts";
import { observeShadows } from "../observe/shadow-observer.ts";
import { composeTasks } from "./handler-tasks.ts";
import type { StageParts } from "./stage.ts";

export interface ShadowPool {
  /** These watch from now on, on the tasks kept for them. */
  use(handlers: readonly BeforeHandler[]): void;
  /** Returns at once; `handlers` are those that watched when the question came. */
  follow(question: Question, decided: Decided, handlers: readonly BeforeHandler[]): void;
  /** Breakers that are not closed. */
  breakers(): readonly BreakerStanding[];
  /** Ends the shadows under way: a stop does not wait for them. */
  close(): Promise<void>;
}

/** The handlers that watch all or some clients, on tasks of their own. */
export function composeShadows(parts: StageParts, asked: (report: AskReport) => void): ShadowPool {
  const tasks = composeTasks(parts, "shadow", asked);
  const observer = observeShadows(parts.logger, parts.metrics);
  const shadows = new Shadows([], { tasks, clock: parts.clock, observer });
  return {
    use: (handlers) => tasks.use(handlers),
    follow: (question, decided, handlers) => shadows.follow(question, decided, handlers),
    breakers: () => tasks.breakers(),
    close: () => {
      shadows.close();
      return tasks.close(0);
    },
  };
}

import { isShadowOfSome } from "../before/canary.ts";
import type { Decided, Question } from "../before/ports.ts";
import { Shadows } from "../before/shadows.ts";
import type { BeforeHandler } from "../model/handler.ts";
import type { BreakerStanding } from "../model/instance-status.ts";
import type { AskReport } from "../observe/execution-record.ts";
import { observeShadows } from "../observe/shadow-observer.ts";
import { composeTasks } from "./handler-tasks.ts";
import type { StageParts } from "./stage.ts";

export interface ShadowPool {
  /** Returns at once. */
  follow(question: Question, decided: Decided): void;
  /** Breakers that are not closed. */
  breakers(): readonly BreakerStanding[];
  /** Ends the shadows under way: a stop does not wait for them. */
  close(): Promise<void>;
}

/** The handlers that watch all or some clients, on tasks of their own. */
export function composeShadows(
  parts: StageParts,
  handlers: readonly BeforeHandler[],
  asked: (report: AskReport) => void,
): ShadowPool {
  const own = handlers.filter(isShadowOfSome);
  const tasks = composeTasks(parts, "shadow", own, asked);
  const observer = observeShadows(parts.logger, parts.metrics);
  const shadows = new Shadows(own, { tasks, clock: parts.clock, observer });
  return {
    follow: (question, decided) => shadows.follow(question, decided),
    breakers: () => tasks.breakers(),
    close: () => {
      shadows.close();
      return tasks.close(0);
    },
  };
}

import type { Clock } from "../model/clock.ts";
import type { Logger } from "../model/logger.ts";
import type { RecordReader } from "../model/reading.ts";
import type { Brake } from "./brake.ts";
import type { Fact } from "./fact.ts";
import type { Health } from "./health.ts";
import type { Limits } from "./limits.ts";
import type { AfterObserver, AfterTasks, DeadLetters, FactEnd, ParkedLog } from "./ports.ts";
import type { Progress } from "./progress.ts";
import type { Routes } from "./routes.ts";
import type { TurnPace } from "./turn-pace.ts";

/** What one group's deliveries are made with. */
export interface Engine {
  readonly group: string;
  readonly routes: Routes;
  readonly reader: RecordReader;
  readonly tasks: AfterTasks;
  readonly deadLetters: DeadLetters;
  /** Null: nothing is parked. */
  readonly parkedLog: ParkedLog | null;
  readonly health: Health;
  readonly brake: Brake;
  readonly pace: TurnPace;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: AfterObserver;
  readonly logger: Logger;
  readonly limits: Limits;
}

/** A fact at the head of its lane, while its lane runs. */
export interface Turn {
  readonly fact: Fact;
  readonly progress: Progress;
  /** Aborted when the partition is lost, or the drain's time is over. */
  readonly signal: AbortSignal;
  readonly engine: Engine;
}

/** How a fact's turn ended. Only `settled` ends the fact; after the others it is still the first of its lane. */
export type TurnEnd =
  | { readonly kind: "settled"; readonly end: FactEnd }
  | { readonly kind: "wait"; readonly ms: number }
  /** A disabled handler is next: nothing happens before the handlers change. */
  | { readonly kind: "held" }
  /** The turn was aborted. */
  | { readonly kind: "abandoned" };

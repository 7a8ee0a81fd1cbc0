import type { BreakerState, Pool } from "./breaker-state.ts";

/** What an instance says of itself every two seconds (schemas/instances/InstanceStatus.avsc). Holds no secret. */
export interface InstanceStatus {
  /** As in its heartbeats and decisions; another one after each start. */
  readonly instanceId: string;
  readonly host: string;
  /** `before`, `after` or `all`. */
  readonly stage: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** When it was written, by the instance's clock. */
  readonly at: string;
  /** Of the handlers that every part of it runs; -1: they are no log's. */
  readonly handlersRevision: number;
  readonly problems: readonly HandlerProblem[];
  /** Readiness checks that do not hold. */
  readonly waitingFor: readonly string[];
  /** Of its busiest event loop, at worst; null: not measured. */
  readonly loopLagMs: number | null;
  /** Those that are not closed. */
  readonly breakers: readonly BreakerStanding[];
  readonly groups: readonly GroupStanding[];
}

/** Why a handler does not run as it is defined. */
export interface HandlerProblem {
  /** Null: of no one handler. */
  readonly handler: string | null;
  /** For people. */
  readonly problem: string;
}

export interface BreakerStanding {
  readonly handler: string;
  readonly pool: Pool;
  readonly state: BreakerState;
}

/** A handler group on one instance. */
export interface GroupStanding {
  readonly group: string;
  readonly groupId: string;
  /** Of this member: starting, assigned, rejoining, stopped. */
  readonly state: string;
  /** What it owns, as `topic/partition`. */
  readonly partitions: readonly string[];
  readonly unsettled: number;
  readonly running: number;
  /** Null: nothing waits for its turn alone. */
  readonly oldestRunnableMs: number | null;
  readonly parkedKeys: number;
  /** By an operator. */
  readonly paused: boolean;
  /** By dead letters in a row. */
  readonly braked: boolean;
}

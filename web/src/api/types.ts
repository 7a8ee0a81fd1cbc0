import type { Static } from "typebox";
import type * as audit from "../../../src/admin/contract/audit.ts";
import type * as common from "../../../src/admin/contract/common.ts";
import type * as letters from "../../../src/admin/contract/dead-letters.ts";
import type * as events from "../../../src/admin/contract/events.ts";
import type * as executions from "../../../src/admin/contract/executions.ts";
import type * as flow from "../../../src/admin/contract/flow.ts";
import type * as handlers from "../../../src/admin/contract/handlers.ts";
import type * as switches from "../../../src/admin/contract/switches.ts";

/** The contract of the admin API as types: nothing of it is in the bundle. */

export type Session = Static<typeof common.Session>;
export type Problem = Static<typeof common.Problem>;
export type ProblemDetails = Static<typeof common.ProblemDetails>;
export type Status = Static<typeof common.Status>;

export type HandlerRow = Static<typeof handlers.HandlerRow>;
export type HandlerList = Static<typeof handlers.HandlerList>;
export type HandlerDetail = Static<typeof handlers.HandlerDetail>;
export type HandlerVersion = Static<typeof handlers.HandlerVersion>;
export type HandlerHistory = Static<typeof handlers.HandlerHistory>;
export type CheckResult = Static<typeof handlers.CheckResult>;
export type BudgetRow = Static<typeof handlers.BudgetRow>;
export type FieldPolicyRow = Static<typeof handlers.FieldPolicyRow>;
export type TestResult = Static<typeof handlers.TestResult>;
export type Figures = Static<typeof handlers.Figures>;

export type EventList = Static<typeof events.EventList>;
export type EventRow = Static<typeof events.EventRow>;
export type EventDetail = Static<typeof events.EventDetail>;

export type ExecutionRow = Static<typeof executions.ExecutionRow>;
export type ExecutionDetail = Static<typeof executions.ExecutionDetail>;
export type DecisionRow = Static<typeof executions.DecisionRow>;
export type DecisionDetail = Static<typeof executions.DecisionDetail>;

export type LetterRow = Static<typeof letters.LetterRow>;
export type LetterDetail = Static<typeof letters.LetterDetail>;
export type Replay = Static<typeof letters.Replay>;
export type ReplayRequest = Static<typeof letters.ReplayRequest>;

export type Flow = Static<typeof flow.Flow>;
export type FlowGroup = Static<typeof flow.FlowGroup>;
export type FlowTopic = Static<typeof flow.FlowTopic>;
export type Switches = Static<typeof switches.Switches>;
export type AuditEntry = Static<typeof audit.AuditEntry>;

export type { LiveEvents } from "../../../src/admin/contract/live.ts";
export type { EventExplanation } from "./explanation.ts";

/** A page of a list, and the cursor of the next one. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** A handler as people write it. */
export type Definition = Record<string, unknown>;

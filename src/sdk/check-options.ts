import { ProblemsError } from "../errors.ts";
import { maxDeadlineMs } from "../model/budget.ts";
import type { BillingClientOptions } from "./client-options.ts";
import { count, longestTimerMs, milliseconds, rangeProblems } from "./option-ranges.ts";

/** Every option that is a number, by its path. */
const ranges = {
  deadlineMs: milliseconds(1, maxDeadlineMs),
  maxPending: count(1, 10_000_000),
  connectTimeoutMs: milliseconds(1, longestTimerMs),
  publishTimeoutMs: milliseconds(1, longestTimerMs),
  heardWithinMs: milliseconds(1, 60_000),
  breakerSilences: count(1, 1_000_000),
  breakerProbeMs: milliseconds(1, 3_600_000),
  "kafka.connectionTimeoutMs": milliseconds(1, longestTimerMs),
  "kafka.requestTimeoutMs": milliseconds(1, longestTimerMs),
  "registry.timeoutMs": milliseconds(1, longestTimerMs),
} as const;

/** Throws ProblemsError SETTINGS_INVALID that names every number out of its range. */
export function checkOptions(options: BillingClientOptions): void {
  const problems = rangeProblems(options, ranges);
  if (problems.length > 0) {
    throw new ProblemsError("SETTINGS_INVALID", "the options of the billing client cannot be used:", problems);
  }
}

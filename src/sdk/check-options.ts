import { type Problem, ProblemsError } from "../errors.ts";
import { maxDeadlineMs } from "../model/budget.ts";
import type { BillingClientOptions } from "./client-options.ts";

/** Longest delay that a timer of Node keeps; past it it would fire at once. */
const longestTimerMs = 2_147_483_647;

interface Range {
  readonly least: number;
  readonly most: number;
  readonly unit: "milliseconds" | "count";
}

const milliseconds = (least: number, most: number): Range => ({ least, most, unit: "milliseconds" });
const count = (least: number, most: number): Range => ({ least, most, unit: "count" });

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

/** Throws ProblemsError SETTINGS_INVALID that names every number out of its range: NaN would wait for ever, or not at all. */
export function checkOptions(options: BillingClientOptions): void {
  const problems = Object.entries(ranges).flatMap(([path, range]): Problem[] => {
    const value = valueAt(options, path);
    if (value === undefined || isWithin(value, range)) return [];
    const what = range.unit === "count" ? "a whole number" : "a number of milliseconds";
    return [{ path, place: null, message: `must be ${what} from ${range.least} to ${range.most}`, hint: null }];
  });
  if (problems.length > 0) {
    throw new ProblemsError("SETTINGS_INVALID", "the options of the billing client cannot be used:", problems);
  }
}

function valueAt(options: object, path: string): unknown {
  return path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], options);
}

function isWithin(value: unknown, { least, most, unit }: Range): boolean {
  if (typeof value !== "number" || (unit === "count" && !Number.isInteger(value))) return false;
  return value >= least && value <= most;
}

import { type Problem, ProblemsError } from "../errors.ts";
import { defaultRetryPolicy, type RetryPolicy } from "../model/retry-policy.ts";
import type { EventId } from "./generated/events.ts";
import { count, isWithin, longestTimerMs, milliseconds, rangeProblems, share } from "./option-ranges.ts";
import { subscribedEvents } from "./subscribed-events.ts";
import type { SubscriberOptions } from "./subscriber-options.ts";

/** The options of a subscriber, found to be usable, with every default filled in. */
export interface CheckedSubscriber {
  readonly events: readonly EventId[];
  /** The consumer group's name, which names the subscriber in deliveries' ids and dead letters too. */
  readonly groupId: string;
  readonly topicPrefix: string;
  readonly from: "start" | "end";
  readonly concurrency: number;
  readonly attemptTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly drainMs: number;
  readonly connectTimeoutMs: number;
}

const dayMs = 86_400_000;
const wait = milliseconds(0, dayMs);

/** Every option that is a number, by its path. */
const ranges = {
  concurrency: count(1, 1000),
  attemptTimeoutMs: milliseconds(10, 3_600_000),
  drainMs: milliseconds(0, 600_000),
  connectTimeoutMs: milliseconds(1, longestTimerMs),
  "retry.maxAgeMs": milliseconds(0, 14 * dayMs),
  "retry.jitter": share,
  "retry.maxRetryAfterMs": wait,
  "kafka.connectionTimeoutMs": milliseconds(1, longestTimerMs),
  "kafka.requestTimeoutMs": milliseconds(1, longestTimerMs),
  "registry.timeoutMs": milliseconds(1, longestTimerMs),
} as const;

const firstPositions: readonly string[] = ["start", "end"];

/** It becomes part of a consumer group's name and of keys. */
const groupPattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Throws ProblemsError SETTINGS_INVALID that names every option that cannot be used, BridgeError UNKNOWN_EVENT or USAGE. */
export function checkSubscriber(options: SubscriberOptions): CheckedSubscriber {
  const { group, groupPrefix = "subscriber", from = "end" } = options;
  const problems = [
    ...rangeProblems(options, ranges),
    ...scheduleProblems(options.retry?.scheduleMs),
    ...(groupPattern.test(group) ? [] : [problem("group", "must be lower-case letters, digits and ._- (at most 63)")]),
    ...(groupPattern.test(groupPrefix)
      ? []
      : [problem("groupPrefix", "must be lower-case letters, digits and ._- (at most 63)")]),
    ...(firstPositions.includes(from) ? [] : [problem("from", "must be start or end")]),
  ];
  if (problems.length > 0)
    throw new ProblemsError("SETTINGS_INVALID", "the options of the subscriber cannot be used:", problems);
  return {
    events: subscribedEvents(options.events),
    groupId: `${groupPrefix}.${group}`,
    topicPrefix: options.topicPrefix ?? "billing",
    from,
    concurrency: options.concurrency ?? 32,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
    retry: { ...defaultRetryPolicy, ...options.retry },
    drainMs: options.drainMs ?? 15_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
  };
}

function scheduleProblems(schedule: readonly number[] | undefined): readonly Problem[] {
  if (schedule === undefined) return [];
  const fits = schedule.length >= 1 && schedule.length <= 50 && schedule.every((ms) => isWithin(ms, wait));
  return fits ? [] : [problem("retry.scheduleMs", `must list 1 to 50 waits of 0 to ${dayMs} milliseconds`)];
}

function problem(path: string, message: string): Problem {
  return { path, place: null, message, hint: null };
}

import type { TopicNames } from "../../model/topics.ts";
import type { TopicSettings } from "../settings.ts";

/** Kafka's names of what is stated per topic; what is not listed is the broker's default and nobody's business. */
export interface TopicConfig {
  readonly "cleanup.policy": "delete" | "compact";
  /** Milliseconds; -1 is for ever. Absent where compaction alone cleans up. */
  readonly "retention.ms"?: string;
  readonly "max.message.bytes": string;
  readonly "message.timestamp.type"?: "LogAppendTime";
  /** How old the newest part of the log grows, which is neither compacted nor deleted before a next one is begun. */
  readonly "segment.ms"?: string;
}

/** A topic as it should be. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly config: TopicConfig;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const forEverMs = -1;

/** With the broker's own, a week, what is to be kept for an hour would be kept that long, secrets and all. */
const smallParts = { "segment.ms": String(hourMs) } as const;

/** Kafka's own default, stated so that a broker that allows more cannot break the promise of `carryingBytes`. */
export const factBytes = 1_048_588;
/** What carries another record whole, besides words of its own. */
export const carryingBytes: number = 2 * factBytes;

/** Every topic under a prefix, as `setup` creates it. Pure. */
export function planTopics(names: TopicNames, settings: TopicSettings): readonly TopicPlan[] {
  const plan = (topic: string, config: TopicConfig, partitions = settings.partitions): TopicPlan => ({
    topic,
    partitions,
    replicationFactor: settings.replicationFactor,
    config,
  });
  return [
    ...Object.values(names.facts).map((topic) => plan(topic, kept(14 * dayMs))),
    // Budgets count from the time the broker took a request, because a core's clock proves nothing.
    ...Object.values(names.before).map((topic) =>
      plan(topic, { ...kept(hourMs), ...smallParts, "message.timestamp.type": "LogAppendTime" }),
    ),
    plan(names.verdicts, { ...kept(hourMs, carryingBytes), ...smallParts }),
    // One partition: the first write with a matching base revision wins, which needs one order for all. Not compacted:
    // the log is the history. The broker's time: where a new handler's group begins is looked up by it.
    plan(names.handlers, { ...kept(forEverMs, carryingBytes), "message.timestamp.type": "LogAppendTime" }, 1),
    plan(names.bridges, latest, 1),
    // By the broker's time of each it is told who is still heard of.
    plan(names.instances, { ...latest, "message.timestamp.type": "LogAppendTime" }, 1),
    plan(names.parked, kept(14 * dayMs, carryingBytes)),
    plan(names.deadLetters, kept(30 * dayMs, carryingBytes)),
    plan(names.replays, kept(14 * dayMs, carryingBytes)),
    plan(names.decisions, kept(7 * dayMs, carryingBytes)),
    plan(names.executions, kept(7 * dayMs)),
    // One partition: it is read from its end, in the order in which things were done.
    plan(names.audit, kept(90 * dayMs), 1),
  ];
}

/** The last word of each key. */
const latest: TopicConfig = { "cleanup.policy": "compact", "max.message.bytes": String(factBytes), ...smallParts };

function kept(retentionMs: number, bytes: number = factBytes): TopicConfig {
  return { "cleanup.policy": "delete", "retention.ms": String(retentionMs), "max.message.bytes": String(bytes) };
}

/** A topic as the broker has it. */
export interface FoundTopic {
  readonly partitions: number;
  /** Every config name with its effective value. */
  readonly config: ReadonlyMap<string, string>;
  /** Those that are stated for this topic itself. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** Topics at a broker. Every method rejects with a BridgeError when it cannot be done in time. */
export interface TopicAdmin {
  /** Those of `topics` that exist. */
  find(topics: readonly string[]): Promise<ReadonlyMap<string, FoundTopic>>;
  /** Resolves when each can be written to. A topic that somebody else created meanwhile is no error. */
  create(plans: readonly TopicPlan[]): Promise<void>;
  /** Replaces everything that is stated for the topic itself. */
  alter(topic: string, config: ReadonlyMap<string, string>): Promise<void>;
}

/** One thing in which a topic differs from its plan. */
export interface TopicDifference {
  /** A config name, or "partitions". */
  readonly what: string;
  readonly found: string;
  readonly planned: string;
  /** Partitions are not: they cannot be taken away, and to add some while records wait breaks the order of a key. */
  readonly fixable: boolean;
}

/** What of a topic is not as planned; empty when all is. More partitions than planned are an operator's choice. Pure. */
export function differences(plan: TopicPlan, found: FoundTopic): readonly TopicDifference[] {
  const config = Object.entries(plan.config).flatMap(([what, planned]: [string, string]): TopicDifference[] => {
    const value = found.config.get(what) ?? "(not set)";
    return value === planned ? [] : [{ what, found: value, planned, fixable: true }];
  });
  const tooMany = plan.partitions === 1 && found.partitions > 1;
  if (found.partitions >= plan.partitions && !tooMany) return config;
  return [
    ...config,
    { what: "partitions", found: String(found.partitions), planned: String(plan.partitions), fixable: false },
  ];
}

/** `created` and `fixed` are what would be done when it is a dry run. */
export type TopicOutcome =
  | { readonly kind: "created"; readonly topic: string }
  | { readonly kind: "unchanged"; readonly topic: string }
  | ({ readonly kind: "differs"; readonly topic: string } & Compared)
  /** Nothing differs any more. */
  | ({ readonly kind: "fixed"; readonly topic: string } & Compared);

interface Compared {
  readonly fixed: readonly TopicDifference[];
  /** What still differs. */
  readonly differences: readonly TopicDifference[];
}

export interface SetUpTopicsOptions {
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** Changes configs that differ; else they are only reported. */
  readonly fix: boolean;
}

/** Creates what is missing; one outcome a plan, in its order. Never deletes, never changes a number of partitions. */
export async function setUpTopics(
  admin: TopicAdmin,
  plans: readonly TopicPlan[],
  { dryRun, fix }: SetUpTopicsOptions,
): Promise<readonly TopicOutcome[]> {
  const found = await admin.find(plans.map(({ topic }) => topic));
  const missing = plans.filter(({ topic }) => !found.has(topic));
  if (missing.length > 0 && !dryRun) await admin.create(missing);
  const outcomes: TopicOutcome[] = [];
  for (const plan of plans) {
    const { topic } = plan;
    const there = found.get(topic);
    const all = there === undefined ? [] : differences(plan, there);
    const fixed = fix ? all.filter(({ fixable }) => fixable) : [];
    if (there === undefined) outcomes.push({ kind: "created", topic });
    else if (all.length === 0) outcomes.push({ kind: "unchanged", topic });
    else {
      // The broker replaces all of a topic's own configs at once: whatever an operator stated besides must be said again.
      const config = new Map([...there.overrides, ...fixed.map(({ what, planned }) => [what, planned] as const)]);
      if (fixed.length > 0 && !dryRun) await admin.alter(topic, config);
      const left = all.filter((difference) => !fixed.includes(difference));
      outcomes.push({ kind: left.length === 0 ? "fixed" : "differs", topic, fixed, differences: left });
    }
  }
  return outcomes;
}

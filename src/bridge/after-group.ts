import { createDispatcher, type Dispatcher } from "../after/dispatcher.ts";
import type { AfterObserver, AfterTasks, DeadLetters, ParkedLog } from "../after/ports.ts";
import type { TurnPace } from "../after/turn-pace.ts";
import { messageOf } from "../errors.ts";
import { afterTiming, createGroupConsumer, type GroupConsumer } from "../kafka/consume/consumer.ts";
import {
  type FirstPosition,
  missingPositions,
  pinFirstPosition,
  type SinceTime,
} from "../kafka/consume/first-position.ts";
import type { Gaps } from "../kafka/records/gaps.ts";
import { pause } from "../model/deadline.ts";
import { entitiesOf } from "../model/event-catalogue.ts";
import type { AfterHandler } from "../model/handler.ts";
import type { RecordReader } from "../model/reading.ts";
import type { TopicNames } from "../model/topics.ts";
import { memoryShare } from "./memory-share.ts";
import { withReplays } from "./replays.ts";
import type { RunningAfter } from "./running-set.ts";
import type { StageParts } from "./stage.ts";
import { untilItWorks } from "./until-it-works.ts";

export interface AfterGroupParts {
  readonly stage: StageParts;
  readonly reader: RecordReader;
  readonly tasks: AfterTasks;
  readonly deadLetters: DeadLetters;
  readonly parkedLog: ParkedLog;
  readonly gaps: Gaps;
  readonly observer: AfterObserver;
  readonly pace: TurnPace;
  /** How many groups there are now, this one included. */
  readonly groups: () => number;
}

/** A group as it should run: never empty, archived handlers left out. */
export interface WantedGroup {
  readonly members: readonly RunningAfter[];
  /** By an operator: as if all of them were disabled. */
  readonly paused: boolean;
}

/** A change this old was there when the group's positions were lost; a younger one is why there are none yet. */
const newsMs = 3_600_000;
/** Longest wait for the other members to write where new topics begin, and for an own try to. Milliseconds. */
const othersMs = 10_000;
const tryAgainMs = 500;

/** One handler group: its member of the consumer group, and its delivery engine, over one set of topics. */
export class AfterGroup {
  readonly group: string;
  readonly groupId: string;
  /** Topics of facts it reads. */
  readonly facts: readonly string[];
  readonly consumer: GroupConsumer;
  readonly dispatcher: Dispatcher;
  readonly #parts: AfterGroupParts;
  readonly #leaving = new AbortController();
  #wanted: WantedGroup;
  #members: readonly AfterHandler[];
  #stopped: Promise<void> | null = null;

  constructor(parts: AfterGroupParts, group: string, wanted: WantedGroup) {
    const { settings, topics, client, clock, logger } = parts.stage;
    const { gaps, observer, parkedLog } = parts;
    this.#parts = parts;
    this.group = group;
    this.groupId = `${settings.topics.groupPrefix}.after.${group}`;
    this.facts = topicsOf(wanted.members, topics);
    this.#wanted = wanted;
    this.#members = membersOf(wanted);
    const { reader, tasks, deadLetters } = parts;
    const members = (): readonly AfterHandler[] => this.#members;
    const replayed = withReplays(topics.replays, { group, members, reader, tasks, deadLetters, logger });
    this.consumer = createGroupConsumer(client, {
      groupId: this.groupId,
      topics: [...this.facts, topics.replays],
      sink: {
        assigned: (partitions) => this.dispatcher.assigned(partitions),
        beforeJoin: (withinMs) => this.dispatcher.beforeJoin(withinMs),
        accept: (records) => this.dispatcher.accept(records),
      },
      onGaveUp: parts.stage.onGaveUp,
      onLost: (lost) => gaps.report(group, lost),
      timing: afterTiming,
    });
    this.dispatcher = createDispatcher({
      group,
      handlers: replayed.members,
      source: this.consumer,
      reader: replayed.reader,
      tasks: replayed.tasks,
      deadLetters: replayed.deadLetters,
      parkedLog,
      clock,
      random: Math.random,
      observer,
      logger,
      pace: parts.pace,
      limits: {
        concurrency: settings.after.inFlight,
        parkRecords: settings.after.parkAfter,
        brakeAfter: settings.after.brakeAfter,
      },
      bytesShare: () => memoryShare(settings.after.heldBytes, parts.groups()),
    });
  }

  get paused(): boolean {
    return this.#wanted.paused;
  }

  /** Whether it can become this without being built anew. */
  fits(wanted: WantedGroup): boolean {
    return topicsOf(wanted.members, this.#parts.stage.topics).join() === this.facts.join();
  }

  /** Its handlers from the next turn on; those under way go on with the ones of before. Of one that `fits`. */
  use(wanted: WantedGroup): void {
    const before = this.#wanted;
    this.#wanted = wanted;
    const isSame =
      before.paused === wanted.paused &&
      before.members.length === wanted.members.length &&
      before.members.every(({ handler }, at) => handler === wanted.members[at]?.handler);
    if (isSame) return;
    this.#members = membersOf(wanted);
    this.dispatcher.handlersChanged();
  }

  /** Resolves at the first join, or when it is stopped before. Rejects with what no waiting mends. */
  async start(stageSignal: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stageSignal, this.#leaving.signal]);
    try {
      await this.#pin(signal);
      await this.consumer.start(signal);
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error;
    }
  }

  /** It is not to run as it is: a start that is under way ends. */
  giveUpStart(): void {
    if (this.consumer.state() === "starting") this.#leaving.abort();
  }

  /** While it still runs: writes where topics begin that this group, built anew, will read besides. Never rejects. */
  async claimFor(wanted: WantedGroup): Promise<void> {
    const { client, clock, logger, topics } = this.#parts.stage;
    const added = topicsOf(wanted.members, topics).filter((topic) => !this.facts.includes(topic));
    if (added.length === 0) return;
    const giveUpAtMs = clock.monotonicMs() + othersMs;
    while (clock.monotonicMs() < giveUpAtMs && !this.#leaving.signal.aborted) {
      try {
        const takers = wanted.members.filter((one) => topicsOf([one], topics).some((topic) => added.includes(topic)));
        const missing = await missingPositions(client, this.groupId, added, firstPositionOf(takers, clock.epochMs()));
        if (missing.length > 0) await this.consumer.claim(missing.map((one) => ({ ...one, metadata: null })));
        return;
      } catch (error) {
        logger.debug({ groupId: this.groupId, detail: messageOf(error) }, "no first position yet for new topics");
      }
      await pause(clock, tryAgainMs, this.#leaving.signal);
    }
  }

  /** Drains, commits, leaves. Idempotent. */
  stop(drainMs: number, leftMs: () => number): Promise<void> {
    this.#leaving.abort();
    this.#stopped ??= this.#stop(drainMs, leftMs);
    return this.#stopped;
  }

  async #stop(drainMs: number, leftMs: () => number): Promise<void> {
    const { unsettled, committed } = await this.dispatcher.drain(drainMs);
    this.#parts.stage.logger.info(
      { groupId: this.groupId, unsettled, committed },
      "drained: what is unsettled is delivered by whoever comes next",
    );
    await this.consumer.stop(leftMs());
  }

  /** Writes where the group begins in topics in which it has no position. */
  async #pin(signal: AbortSignal): Promise<void> {
    const { client, clock, logger, topics } = this.#parts.stage;
    const { facts, groupId } = this;
    const giveUpAtMs = clock.monotonicMs() + othersMs;
    for (;;) {
      const position = firstPositionOf(this.#wanted.members, clock.epochMs());
      const { pinned, inUse } = await untilItWorks("the brokers", logger, signal, () =>
        pinFirstPosition(client, groupId, facts, position),
      );
      if (pinned.length > 0)
        logger.info({ groupId, topics: facts, position }, "new group: its first position is written");
      if (inUse.length === 0) break;
      // Members: they have heard of the same change, and write it.
      if (clock.monotonicMs() >= giveUpAtMs || signal.aborted) {
        // Other instances have joined with other topics: what is kept of these would be delivered from its start.
        const fields = { groupId, topics: inUse };
        logger.warn(fields, "topics without a position in a group that has members: they start with what is kept");
        break;
      }
      await pause(clock, tryAgainMs, signal);
    }
    // A replay names its group: it is meant for it whenever it was written.
    await untilItWorks("the brokers", logger, signal, () =>
      pinFirstPosition(client, groupId, [topics.replays], "start"),
    );
  }
}

/**
 * A group begins where its topics ended when the log took the change that made it: what is published behind that is for
 * its handlers, although it takes a moment to join. A group whose positions were lost begins with what comes from now on.
 * Where handlers say since when they want to know, it begins with the earliest of these times.
 */
function firstPositionOf(members: WantedGroup["members"], nowMs: number): FirstPosition | SinceTime {
  const asked = members.flatMap(({ handler }) => (handler.sinceMs === undefined ? [] : [handler.sinceMs]));
  const sinceMs = Math.min(...asked);
  if (sinceMs === 0) return "start";
  if (sinceMs < nowMs) return { sinceMs };
  // The earliest of what is news: of several handlers that were written while no bridge ran none misses anything.
  const news = members.flatMap(({ loggedMs }) => (loggedMs !== null && nowMs - loggedMs < newsMs ? [loggedMs] : []));
  return news.length > 0 ? { sinceMs: Math.min(...news) } : "end";
}

/** By priority is the engine's business; the order here is the set's. */
function membersOf({ members, paused }: WantedGroup): readonly AfterHandler[] {
  return members.map(({ handler }) => (paused ? { ...handler, status: "disabled" } : handler));
}

/** Only the topics a group's handlers can match: each further one costs an idle fetch. */
function topicsOf(members: WantedGroup["members"], topics: TopicNames): readonly string[] {
  const wanted = members.flatMap(({ handler }) =>
    handler.events.flatMap((event) => entitiesOf(event).map((entity) => topics.facts[entity])),
  );
  return [...new Set(wanted)].sort();
}

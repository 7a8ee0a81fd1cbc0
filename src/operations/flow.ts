import type { Flow } from "../admin/contract/flow.ts";
import type { LogReader } from "../kafka/consume/log-reader.ts";
import { type GroupState, listGroups } from "../kafka/topics/groups.ts";
import { boundsOfTopics } from "../kafka/topics/log-bounds.ts";
import type { Clock } from "../model/clock.ts";
import type { TopicNames } from "../model/topics.ts";
import { type FlowHandler, flowOf, type Seen } from "./flow-answer.ts";
import type { InstanceWatch } from "./instances.ts";
import type { OperationParts } from "./letters.ts";
import { OldestUnread } from "./oldest-unread.ts";

export interface FlowParts extends Pick<OperationParts, "client" | "topics" | "groupPrefix" | "timeoutMs"> {
  readonly reader: Pick<LogReader, "first">;
  readonly instances: Pick<InstanceWatch, "look">;
  /** As they are defined by now. */
  readonly handlers: () => readonly FlowHandler[];
  readonly clock: Clock;
  /** For so long an answer is everybody's [1500 ms]. */
  readonly keepMs?: number;
}

/** Of one look, for the ages: what is left is looked at the next time. Milliseconds. */
const agesMs = 1500;

/** One look and what was seen. */
export interface Look {
  readonly flow: Flow;
  readonly seen: Seen;
}

/** Topics, groups and instances as they are now. However many look, the brokers are asked once in a while. */
export class FlowLook {
  readonly #parts: FlowParts;
  readonly #ages: OldestUnread;
  readonly #keepMs: number;
  #looking: Promise<Look> | null = null;
  #keptUntilMs = -Infinity;
  #last: Look | null = null;

  constructor(parts: FlowParts) {
    this.#parts = parts;
    this.#ages = new OldestUnread(parts.reader, parts.clock, agesMs);
    this.#keepMs = parts.keepMs ?? 1500;
  }

  /** What was seen last; null: nothing was yet. */
  get last(): Look | null {
    return this.#last;
  }

  /** Throws BROKER_UNAVAILABLE, TIMED_OUT, SETTINGS_INVALID (no right to); that, too, is everybody's for a while. */
  look(): Promise<Look> {
    const { clock } = this.#parts;
    if (this.#looking !== null && clock.monotonicMs() < this.#keptUntilMs) return this.#looking;
    this.#keptUntilMs = Infinity;
    this.#looking = this.#look().finally(() => {
      this.#keptUntilMs = clock.monotonicMs() + this.#keepMs;
    });
    return this.#looking;
  }

  async #look(): Promise<Look> {
    const { client, clock, groupPrefix, handlers, instances, timeoutMs, topics } = this.#parts;
    const [logs, groups, heard] = await Promise.all([
      boundsOfTopics(client, allTopics(topics), timeoutMs),
      listGroups(client, `${groupPrefix}.`, timeoutMs),
      instances.look(),
    ]);
    const own = groups.filter(({ groupId }) => isOfBridge(groupId, groupPrefix));
    const oldestMs = await this.#ages.look(own, logs);
    const seen = { atMs: clock.epochMs(), logs, groups: own, instances: heard, oldestMs };
    const flow = flowOf(seen, this.#last?.seen ?? null, topics, groupPrefix, handlers());
    this.#last = { flow, seen };
    return this.#last;
  }
}

/** Those of billing clients come and go with them, and say nothing. */
function isOfBridge(groupId: GroupState["groupId"], groupPrefix: string): boolean {
  return groupId === `${groupPrefix}.before` || groupId.startsWith(`${groupPrefix}.after.`);
}

function allTopics({ facts, before, ...others }: TopicNames): readonly string[] {
  return [...Object.values(facts), ...Object.values(before), ...Object.values(others)];
}

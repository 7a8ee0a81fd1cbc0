import type { BillingClient } from "../../../src/sdk/client-options.ts";
import { BridgeProcess, type BridgeProcessOptions } from "../bridge-process.ts";
import { eventually } from "../eventually.ts";
import { FreshTopics, type Servers } from "../fresh-topics.ts";
import { HostileHandlers } from "./hostile-handlers.ts";
import { type Load, type Observed, runLoad } from "./load.ts";
import { countsOf, quantile, type Row, sharesOf } from "./row.ts";
import { StallMeter } from "./stall-meter.ts";
import { type Promised, whyWrong } from "./verdict-ledger.ts";
import { contradict, readReplies, whyNotFirst } from "./wire-replies.ts";

export interface Trial extends Load {
  /** The handler the scenario is about; the rows count its outcomes. */
  readonly about: string;
  readonly handlers: Readonly<Record<string, Promised>>;
  /** What strikes while the load runs. The load goes on until it is over, unless `isBurst`. */
  readonly meanwhile?: () => Promise<void>;
  readonly isBurst?: boolean;
  /** Called when all have their verdicts, before the log is read. Returns what else was not kept. */
  readonly afterwards?: () => Promise<readonly string[]>;
}

/** A core in this process, hostile handlers in a thread, topics of their own; the bridges are processes. */
export class Scene {
  readonly topics: FreshTopics;
  readonly hostile: HostileHandlers;
  readonly core: BillingClient;
  readonly #meter = new StallMeter();
  readonly #bridges: BridgeProcess[] = [];

  private constructor(topics: FreshTopics, hostile: HostileHandlers, core: BillingClient) {
    this.topics = topics;
    this.hostile = hostile;
    this.core = core;
  }

  static async open(servers: Servers): Promise<Scene> {
    const topics = await FreshTopics.open({ partitions: 6, servers });
    const hostile = await HostileHandlers.open();
    const core = await topics.core({ events: ["clients.update"] });
    return new Scene(topics, hostile, core);
  }

  /** A bridge that is not ready yet; ended with the scene. */
  spawn(options: Omit<BridgeProcessOptions, "env" | "stage">): BridgeProcess {
    const env = { ...this.topics.env, LOG_LEVEL: "info", DEADLINE_MS: "5000" };
    const bridge = new BridgeProcess({ ...options, env, stage: "before" });
    this.#bridges.push(bridge);
    return bridge;
  }

  /** Waits until requests are answered, and the core's breaker is closed. */
  async answered(withinMs = 60_000): Promise<void> {
    const isAnswered = async (): Promise<boolean> => {
      const data = { id: 1, name: "is anybody there", orig_capacity: 1, reg_id: "probe" };
      const { decidedBy } = await this.core.request({ id: "clients.update", data }, { onSilence: "forbid" });
      return decidedBy === "handler" || decidedBy === "failure-policy";
    };
    await eventually("requests are answered", isAnswered, withinMs);
  }

  async bridge(options: Omit<BridgeProcessOptions, "env" | "stage">): Promise<BridgeProcess> {
    const bridge = this.spawn(options);
    await bridge.untilReady(60_000);
    return bridge;
  }

  /** Runs the load and whatever strikes meanwhile, and holds every verdict against the account of what was said. */
  async run(trial: Trial): Promise<Row> {
    const before = this.core.counts();
    const startMs = performance.now();
    let isOver = trial.isBurst === true;
    const strike = (trial.meanwhile?.() ?? Promise.resolve()).finally(() => {
      isOver = true;
    });
    const loaded = runLoad(this.core, trial, this.#meter, () => isOver);
    const [observed] = await Promise.all([loaded, strike]);
    const complaints = (await trial.afterwards?.()) ?? [];
    await this.hostile.upToDate();
    const replies = await readReplies(this.topics);
    const after = this.core.counts();
    const shares = sharesOf(observed);
    const witness = {
      handlers: trial.handlers,
      answers: (handler: string, ceId: string) => this.hostile.answers(handler, ceId),
    };
    return {
      scenario: trial.scenario,
      requests: observed.length,
      deadlineMs: trial.deadlineMs,
      p999: quantile(shares, 0.999),
      worst: quantile(shares, 1),
      pastDeadlineMs: Math.max(...observed.map(({ pastDeadlineMs }) => pastDeadlineMs)),
      ownLagMs: this.#meter.worstSince(startMs),
      decidedBy: countsOf(observed.map(({ verdict }) => verdict.decidedBy)),
      outcomes: countsOf(observed.flatMap((one) => outcomeOf(one, trial.about))),
      wrong: observed.flatMap((one) => complaint(one, whyWrong(one, witness))),
      contradictions: observed.filter(({ asked }) => contradict(replies.get(asked.operationId) ?? [])).length,
      conflicts: observed.flatMap((one) => complaint(one, whyNotFirst(one, replies))),
      late: after.late - before.late,
      duplicate: after.duplicate - before.duplicate,
      conflicting: after.conflict - before.conflict,
      complaints,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#bridges.map((bridge) => bridge.kill()));
    await this.topics.close();
    await this.hostile.close();
    this.#meter.stop();
  }
}

function outcomeOf({ verdict }: Observed, handler: string): readonly string[] {
  return verdict.handlers.filter(({ id }) => id === handler).map(({ outcome }) => outcome);
}

function complaint(observed: Observed, why: string | null): readonly string[] {
  if (why === null) return [];
  const { asked, verdict } = observed;
  const { data, decidedBy, decision, handlers, reason } = verdict;
  const seen = JSON.stringify({ decision, decidedBy, reason, handlers, data }, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return [`${asked.operationId}: ${why}: ${seen}`];
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readDeadLetter, type StoredDeadLetter } from "../../../src/kafka/records/dead-letter-codec.ts";
import { readNote } from "../../../src/model/commit-note.ts";
import { lastHeader } from "../../../src/model/record.ts";
import { BridgeProcess, type BridgeProcessOptions } from "../bridge-process.ts";
import { eventually } from "../eventually.ts";
import { FreshTopics } from "../fresh-topics.ts";
import { type Account, type Arrival, accountOf, committedToTheEnd, whyBroken } from "../ledger.ts";
import { leftBehind, runMark } from "../runner/left-behind.ts";
import { RemoteProducer } from "./remote-producer.ts";
import { RemoteSink } from "./remote-sink.ts";
import type { SoakRow } from "./row.ts";
import type { SoakRun } from "./scenario.ts";
import { seeded } from "./seeded.ts";

/** What one handler of a scenario is to have received in the end. */
export interface Expected {
  /** The handler's group; its path is `/GROUP` unless `arrivals` tells what came. */
  readonly group: string;
  /** The share of the events that may be repeated. */
  readonly mayRepeat: number;
  /** Of these only what was delivered within a second of a kill [false]. */
  readonly onlyAtKills?: boolean;
  /** Where it is not the sink that received it. */
  readonly arrivals?: () => Promise<readonly Arrival[]> | readonly Arrival[];
  /** Events that are to end as dead letters, and no others. */
  readonly letters?: ReadonlySet<string>;
}

/**
 * How far from a kill a delivery may have been that comes again: a commit goes out every 200 ms, later on a busy machine, and
 * a handler may read what the killed bridge wrote when that is dead already. Another bridge has nothing to deliver until the
 * dead one's session is over, seven seconds later at the least.
 */
const nearKillMs = 1000;

/** How long what is ending at the end of a scenario may take. */
const closingMs = 30_000;

/** Topics of its own, a core and handlers that are processes of their own, and bridges. */
export class SoakScene {
  readonly topics: FreshTopics;
  readonly sink: RemoteSink;
  readonly producer: RemoteProducer;
  readonly random: () => number;
  readonly say: (line: string) => void;
  /** What was not kept, besides what the ledger says. */
  readonly broken: string[] = [];
  readonly figures: string[] = [];
  readonly #bridges = new Set<BridgeProcess>();
  /** Milliseconds since 1970. */
  readonly #killedAtMs: number[] = [];
  readonly #folder: string;
  readonly #before: ReadonlySet<number>;
  readonly #servers: SoakRun["place"];
  readonly #startMs = performance.now();

  private constructor(
    parts: { topics: FreshTopics; sink: RemoteSink; producer: RemoteProducer; folder: string },
    before: ReadonlySet<number>,
    run: SoakRun,
  ) {
    this.topics = parts.topics;
    this.sink = parts.sink;
    this.producer = parts.producer;
    this.#folder = parts.folder;
    this.#before = before;
    this.#servers = run.place;
    this.random = seeded(run.seed);
    this.say = run.say;
  }

  static async open(run: SoakRun, partitions = 6): Promise<SoakScene> {
    const before = new Set((await leftBehind(process.env[runMark] ?? "", 0)).map(({ pid }) => pid));
    const folder = mkdtempSync(join(tmpdir(), "soak-"));
    const topics = await FreshTopics.open({ partitions, servers: run.place.servers });
    const sink = await RemoteSink.open(folder);
    const producer = await RemoteProducer.open(folder, topics, run.seed);
    return new SoakScene({ topics, sink, producer, folder }, before, run);
  }

  /** Runs a scenario in a scene of its own and closes it; what it left behind counts against it. */
  static async play(
    run: SoakRun,
    act: (scene: SoakScene) => Promise<Omit<SoakRow, "seconds" | "figures" | "broken">>,
    partitions?: number,
  ): Promise<SoakRow> {
    const scene = await SoakScene.open(run, partitions);
    let row: Omit<SoakRow, "seconds" | "figures" | "broken">;
    try {
      row = await act(scene);
    } finally {
      await scene.#close();
    }
    const seconds = (performance.now() - scene.#startMs) / 1000;
    return { ...row, seconds, figures: scene.figures, broken: scene.broken };
  }

  /** A bridge that is not ready yet. */
  spawn(
    options: Omit<BridgeProcessOptions, "env"> & { readonly env?: Readonly<Record<string, string>> },
  ): BridgeProcess {
    const env = { ...this.topics.env, LOG_LEVEL: "info", ...options.env };
    const bridge = new BridgeProcess({ stage: "after", ...options, env });
    this.#bridges.add(bridge);
    return bridge;
  }

  async bridge(options: Parameters<SoakScene["spawn"]>[0]): Promise<BridgeProcess> {
    const bridge = this.spawn(options);
    await bridge.untilReady(90_000);
    return bridge;
  }

  /** A planned stop: it ends by itself, and well. */
  async stop(bridge: BridgeProcess): Promise<void> {
    // Before it says that it starts nothing of it is there yet that could stop in order.
    const began = bridge.said("bridge starting").length > 0;
    const code = await bridge.terminate(60_000);
    if (code !== 0 && (began || code !== "SIGTERM")) this.broken.push(`a planned stop ended with ${code}`);
    this.#bridges.delete(bridge);
  }

  async kill(bridge: BridgeProcess): Promise<void> {
    this.#killedAtMs.push(Date.now());
    await bridge.kill();
    this.#bridges.delete(bridge);
  }

  /** Waits until `count` events are with a group, each at least once. */
  async delivered(group: string, count: number, withinMs = 120_000): Promise<void> {
    const has = async (): Promise<boolean> => (await this.sink.counts(`/${group}`)).distinct >= count;
    await slowly(`${count} events are with ${group}`, has, withinMs);
  }

  /**
   * Waits until everything acknowledged has ended and is committed, stops the bridges as planned, and holds what the core
   * wrote down against what the handlers did. What does not end in time is lost, and is told like that.
   */
  async settle(
    expected: readonly Expected[],
    withinMs: number,
  ): Promise<Omit<SoakRow, "seconds" | "figures" | "broken">> {
    const { sent, uncertain } = await this.producer.account();
    const names = [...new Set(sent.map(({ topic }) => topic))];
    const untilMs = performance.now() + withinMs;
    const accounts: Account[] = [];
    for (const { group, letters = new Set<string>() } of expected) {
      const committed = (): Promise<boolean> =>
        committedToTheEnd(this.topics, this.topics.afterGroup(group), names).catch(() => false);
      await slowly(`${group} has committed everything`, committed, Math.max(1, untilMs - performance.now())).catch(
        (error: unknown) => this.broken.push(String(error)),
      );
      const parked = (): Promise<boolean> => this.#nothingParked(group, names);
      await slowly(`nothing of ${group} is parked`, parked, Math.max(1000, untilMs - performance.now())).catch(
        (error: unknown) => this.broken.push(String(error)),
      );
      this.say(`${group}: all is committed; ${letters.size} dead letters expected`);
    }
    for (const bridge of [...this.#bridges]) await this.stop(bridge);
    await this.#checkLetters(expected);
    for (const { group, arrivals, letters = new Set<string>(), mayRepeat, onlyAtKills = false } of expected) {
      const came = await (arrivals?.() ?? this.sink.arrivals(`/${group}`));
      const account = accountOf(sent, came, { letters, uncertain });
      this.broken.push(...whyBroken(account, mayRepeat).map((why) => `${group}: ${why}`));
      if (account.repeated > mayRepeat * sent.length) this.broken.push(...repetitions(came).slice(0, 10));
      const unexcused = onlyAtKills ? repetitions(came, (firstMs, secondMs) => this.#struck(firstMs, secondMs)) : [];
      if (unexcused.length > 0) this.broken.push(`${group}: ${unexcused.length} were repeated without a kill`);
      this.broken.push(...unexcused.slice(0, 10));
      accounts.push(account);
    }
    if (uncertain.size > 0) this.figures.push(`${uncertain.size} events not acknowledged`);
    const sum = (pick: (account: Account) => number): number => accounts.reduce((all, one) => all + pick(one), 0);
    return {
      events: sent.length,
      attempts: sum(({ attempts }) => attempts),
      repeated: sum(({ repeated }) => repeated),
      mayRepeat: Math.max(...expected.map(({ mayRepeat }) => mayRepeat)),
      lost: sum(({ lost }) => lost.length),
      outOfOrder: sum(({ outOfOrder }) => outOfOrder.length),
    };
  }

  /** What stands on the dead-letter topic, each read as an operator would. */
  async letters(): Promise<readonly StoredDeadLetter[]> {
    const records = await this.topics.contents(this.topics.names.deadLetters);
    const readings = await Promise.all(
      records.map(({ value }) => readDeadLetter(this.topics.registry, value ?? Buffer.alloc(0))),
    );
    return readings.flatMap((reading) => {
      if (reading.kind === "dead-letter") return [reading.letter];
      this.broken.push(`a dead letter that cannot be read: ${reading.kind}`);
      return [];
    });
  }

  /** Whether a bridge was killed before the second time, and so near to the first that it may not have been committed. */
  #struck(firstMs: number, secondMs: number): boolean {
    return this.#killedAtMs.some((atMs) => Math.abs(atMs - firstMs) <= nearKillMs && atMs <= secondMs);
  }

  async #checkLetters(expected: readonly Expected[]): Promise<void> {
    const wanted = new Set(expected.flatMap(({ letters }) => [...(letters ?? [])]));
    const found = new Set(
      (await this.letters()).map(({ record }) => lastHeader(record.headers, "ce_id")?.toString() ?? ""),
    );
    const missing = [...wanted].filter((ceId) => !found.has(ceId));
    const surplus = [...found].filter((ceId) => !wanted.has(ceId));
    if (missing.length > 0)
      this.broken.push(`${missing.length} dead letters are missing: ${missing.slice(0, 3).join()}`);
    if (surplus.length > 0)
      this.broken.push(`${surplus.length} dead letters that should not be: ${surplus.slice(0, 3).join()}`);
  }

  async #nothingParked(group: string, names: readonly string[]): Promise<boolean> {
    const committed = await this.topics.admin
      .fetchOffsets({ groupId: this.topics.afterGroup(group), topics: [...names] })
      .catch(() => null);
    return (
      committed?.every(({ partitions }) => partitions.every(({ metadata }) => readNote(metadata).park === null)) ??
      false
    );
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#bridges].map((bridge) => bridge.kill()));
    await Promise.all([this.sink.close(), this.producer.close()]);
    await this.topics.close().catch((error: unknown) => this.broken.push(`closing the topics: ${String(error)}`));
    rmSync(this.#folder, { recursive: true, force: true });
    if (process.env[runMark] === undefined) return;
    for (const { pid, command } of await leftBehind(process.env[runMark], 0)) {
      // A server that was restarted carries the mark, too.
      if (pid === this.#servers.broker.pid || pid === this.#servers.registry.pid) continue;
      if (this.#before.has(pid) || !(await stillThere(process.env[runMark], pid))) continue;
      this.broken.push(`left behind: ${pid} ${command}`);
    }
  }
}

/** Of each event that was delivered more than once, when; but not where each time is excused by what came after it. */
function repetitions(
  came: readonly (Arrival & { readonly atMs?: number })[],
  excused: (firstMs: number, secondMs: number) => boolean = () => false,
): readonly string[] {
  const times = Map.groupBy(came, ({ ceId }) => ceId);
  return [...times].flatMap(([ceId, attempts]) => {
    const delivered = attempts.filter(({ answered }) => answered === 200);
    const again = delivered.slice(1).filter(({ atMs = 0 }, at) => !excused(delivered[at]?.atMs ?? 0, atMs));
    if (again.length === 0) return [];
    const told = attempts.map(
      ({ answered, atMs = 0, sequence }) => `${answered} ${sequence} ${new Date(atMs).toISOString()}`,
    );
    return [`${ceId}: ${told.join(", ")}`];
  });
}

/** As `eventually`, but looks every quarter of a second: it asks other processes. */
export async function slowly(what: string, holds: () => Promise<boolean>, ms: number): Promise<void> {
  const everyMs = 250;
  await eventually(
    what,
    async () => {
      if (await holds()) return true;
      await sleep(everyMs);
      return false;
    },
    ms,
  );
}

/** What is ending has until now. */
async function stillThere(mark: string, pid: number): Promise<boolean> {
  const untilMs = performance.now() + closingMs;
  while ((await leftBehind(mark, 0)).some((process) => process.pid === pid)) {
    if (performance.now() > untilMs) return true;
    await sleep(200);
  }
  return false;
}

import { randomUUID } from "node:crypto";
import type { Replay, ReplayRequest } from "../../admin/contract/dead-letters.ts";
import type { Replays } from "../../admin/ports.ts";
import { Refusal } from "../../admin/problem.ts";
import { BridgeError } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import { bounded } from "../../model/deadline.ts";
import { type OperationParts, parsePosition } from "../../operations/letters.ts";
import type { OrderWarning } from "../../operations/newer-events.ts";
import { type PlannedRun, planRun, type ReplayOf, runReplay } from "../../operations/replay-run.ts";
import { keyText } from "../../operations/shown-letter.ts";
import { filterOf } from "./dead-letters.ts";

const mostRunning = 4;
const mostKept = 50;
const shownNewer = 50;
const usualRate = 10;

interface Run {
  state: Replay;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The replays of this process. What was handed over goes on without it; what was not is left when it ends. */
export class ReplayRuns implements Replays {
  readonly #parts: OperationParts;
  readonly #clock: Clock;
  readonly #tell: (replay: Replay) => void;
  readonly #runs = new Map<string, Run>();
  #planning = 0;
  #closed = false;

  constructor(parts: OperationParts, clock: Clock, tell: (replay: Replay) => void) {
    this.#parts = parts;
    this.#clock = clock;
    this.#tell = tell;
  }

  async start(request: ReplayRequest, by: string, signal: AbortSignal): Promise<Replay> {
    const running = [...this.#runs.values()].filter(({ state }) => state.state === "running").length;
    if (this.#closed) throw new BridgeError("CLOSED", "this instance is stopping");
    if (running + this.#planning >= mostRunning) {
      throw new BridgeError("QUEUE_FULL", `${mostRunning} replays run here already: wait for one, or stop one`);
    }
    this.#planning++;
    try {
      const plan = await planRun(this.#parts, whatOf(request), signal);
      const planned = stateOf(plan, by, this.#clock);
      if (request.dryRun === true) return planned;
      if (plan.warnings.length > 0 && request.evenIfNewer !== true) throw newerEvents(plan.warnings);
      // Whoever asked was told already that it did not work.
      if (signal.aborted) throw new BridgeError("TIMED_OUT", "the plan took too long; nothing was replayed");
      return this.#run(plan, planned, request.rate ?? usualRate);
    } finally {
      this.#planning--;
    }
  }

  list(): readonly Replay[] {
    return [...this.#runs.values()].map(({ state }) => state).reverse();
  }

  get(id: string): Replay | null {
    return this.#runs.get(id)?.state ?? null;
  }

  stop(id: string): Replay | null {
    this.#runs.get(id)?.stop.abort();
    return this.get(id);
  }

  /** Stops them between two letters. Idempotent. */
  async close(ms: number): Promise<void> {
    this.#closed = true;
    const runs = [...this.#runs.values()];
    for (const { stop } of runs) stop.abort();
    await bounded(Promise.all(runs.map(({ ended }) => ended)), ms, this.#clock);
  }

  #run({ letters }: PlannedRun, planned: Replay, rate: number): Replay {
    const stop = new AbortController();
    const options = {
      ...{ rate, signal: stop.signal, clock: this.#clock },
      onProgress: (progress: Partial<Replay>) => change(progress),
    };
    const run: Run = {
      state: { ...planned, state: "running" },
      stop,
      ended: Promise.resolve().then(async () => {
        const end = await runReplay(this.#parts, letters, options);
        change(end.kind === "failed" ? { state: "failed", error: end.error } : { state: end.kind });
      }),
    };
    const change = (what: Partial<Replay>): void => {
      run.state = { ...run.state, ...what };
      this.#tell(run.state);
    };
    this.#runs.set(planned.id, run);
    const finished = [...this.#runs].find(([, { state }]) => state.state !== "running");
    if (this.#runs.size > mostKept && finished !== undefined) this.#runs.delete(finished[0]);
    return run.state;
  }
}

function whatOf({ positions, filter = {} }: ReplayRequest): ReplayOf {
  if (positions === undefined) return { kind: "filter", filter: filterOf(filter) };
  return { kind: "positions", positions: [...new Set(positions)].map(parsePosition) };
}

function stateOf({ letters, superseded, warnings, idle }: PlannedRun, by: string, clock: Clock): Replay {
  return {
    id: randomUUID(),
    state: "planned",
    total: letters.length,
    ...{ handedOver: 0, delivered: 0, deadAgain: 0, gone: 0, superseded },
    idleGroups: [...idle],
    newer: warnings.slice(0, shownNewer).map(({ letter: { handler, record }, newer }) => ({
      handler,
      client: record.key === null ? null : keyText(Buffer.from(record.key, "latin1")),
      newer: newer?.offset ?? null,
    })),
    error: null,
    startedAt: new Date(clock.epochMs()).toISOString(),
    by,
  };
}

function newerEvents(warnings: readonly OrderWarning[]): Refusal {
  return new Refusal(
    "NEWER_EVENTS",
    `${warnings.length} of them would arrive after newer events of their key, and may undo what those did: ` +
      "look at the plan (dryRun), and say evenIfNewer if the handler can take them",
  );
}

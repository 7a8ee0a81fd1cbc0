import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../../../src/dev-stack/server-process.ts";
import type { Servers } from "../fresh-topics.ts";
import type { Row } from "./row.ts";
import type { Promised } from "./verdict-ledger.ts";

/** How much load a scenario gets. */
export interface Scale {
  readonly requests: number;
  readonly perSecond: number;
}

export interface Scenario {
  readonly run: (scale: Scale) => Promise<Row>;
  /** Why the row does not show that the fault happened at all, or null: a scenario in which nothing failed proves nothing. */
  readonly unproven: (row: Row) => string | null;
}

export interface Named {
  readonly id: string;
  /** What strikes: stands in the table, and in the test's name. */
  readonly title: string;
}

/** Where broker and registry are; `broker` where it may be stopped. */
export interface Place {
  readonly servers: Servers;
  readonly broker: ServerProcess | null;
}

/** Scenarios that share topics and bridges. */
export interface Stage {
  readonly scenario: (id: string) => Scenario;
  readonly close: () => Promise<void>;
}

export interface Group {
  readonly name: string;
  /** Known before anything is started: tests are named by them. */
  readonly scenarios: readonly Named[];
  readonly short: Scale;
  readonly long: Scale;
  /** Whether it stops the broker, and so needs one of its own. */
  readonly strikesBroker: boolean;
  readonly open: (place: Place) => Promise<Stage>;
}

/** The well-behaved handlers that every request of every scenario is to reach. */
export const always: Readonly<Record<string, Promised>> = {
  tidy: { mayChange: ["name"], onFailure: "allow", always: true },
  guard: { mayChange: [], onFailure: "forbid", always: true },
};

export interface Shown {
  /** Of the last run. */
  readonly row: Row;
  /** What any of the runs did not keep; empty when all is well. */
  readonly broken: readonly string[];
}

/**
 * Runs a scenario until its fault shows, three times at most: on a machine that is busy elsewhere every call may time out before
 * it does. What is promised holds in every run.
 */
export async function show(scenario: Scenario, scale: Scale): Promise<Shown> {
  for (let run = 1; ; run++) {
    const row = await scenario.run(scale);
    const broken = brokenPromises(row);
    const unproven = scenario.unproven(row);
    if (unproven === null || broken.length > 0) return { row, broken };
    if (run === maxRuns) return { row, broken: [`the fault did not show: ${unproven}`] };
    // Breakers that other troubles opened close meanwhile.
    await sleep(recoverMs);
  }
}

const maxRuns = 3;
const recoverMs = 4000;

/** What a row must show whatever the scenario: the promises of the product. Empty when it does. */
function brokenPromises(row: Row): readonly string[] {
  const decided = Object.values(row.decidedBy).reduce((sum, count) => sum + count, 0);
  return [
    ...row.wrong,
    ...row.conflicts,
    ...row.complaints,
    ...(row.pastDeadlineMs > toleranceMs
      ? [`a request ended ${Math.round(row.pastDeadlineMs)} ms after its deadline`]
      : []),
    ...(decided === row.requests ? [] : [`${decided} verdicts for ${row.requests} requests`]),
  ];
}

/** What a timer and the way back into the caller may take, beyond the stalls of the measuring loop. Milliseconds. */
const toleranceMs = 50;

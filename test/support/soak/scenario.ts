import type { ServerProcess } from "../../../src/dev-stack/server-process.ts";
import type { Servers } from "../fresh-topics.ts";
import type { SoakRow } from "./row.ts";

/** Where broker and registry are, which a scenario may stop and start. */
export interface SoakPlace {
  readonly servers: Servers;
  readonly broker: ServerProcess;
  readonly registry: ServerProcess;
}

export interface SoakRun {
  readonly place: SoakPlace;
  /** Seconds instead of minutes: for `npm test`. */
  readonly short: boolean;
  readonly seed: number;
  /** Progress, for whoever waits. */
  readonly say: (line: string) => void;
}

export interface SoakScenario {
  readonly id: string;
  /** What strikes: stands in the table, and in the test's name. */
  readonly title: string;
  /** Whether `npm test` runs its short form. */
  readonly inTests: boolean;
  readonly run: (run: SoakRun) => Promise<SoakRow>;
}

import type { StackAddresses } from "./addresses.ts";
import { cleanUp } from "./cleanup.ts";
import { acceptsConnections } from "./probes.ts";
import { isAlive } from "./process-identity.ts";
import { checkName, StateFolder } from "./state.ts";

export type StopResult = { readonly kind: "stopped" } | { readonly kind: "was-not-running" };

export type StackStatus =
  | { readonly kind: "running"; readonly addresses: StackAddresses; readonly dataDir: string | null }
  | { readonly kind: "starting" }
  /** Some of it is gone; `stop` cleans up, `start` replaces it. */
  | { readonly kind: "broken"; readonly missing: readonly string[] }
  | { readonly kind: "stopped" };

/** What there is of a stack now. Throws USAGE for a bad name. */
export async function stackStatus(name: string, states: StateFolder = new StateFolder()): Promise<StackStatus> {
  checkName(name);
  const state = states.read(name);
  if (state === null) return { kind: "stopped" };
  if (state.phase === "starting" || state.addresses === null) {
    return isAlive(state.starter) ? { kind: "starting" } : { kind: "broken", missing: ["starter"] };
  }
  const missing = Object.entries(state.processes)
    .filter(([, process]) => !isAlive(process))
    .map(([role]) => role);
  if (state.composeProject !== null && !(await answers(state.addresses))) missing.push("broker");
  if (missing.length > 0) return { kind: "broken", missing };
  return { kind: "running", addresses: state.addresses, dataDir: state.dataDir };
}

/** Ends a stack and everything it started. Bounded (15 s and then SIGKILL). Throws USAGE for a bad name. */
export async function stopStack(name: string, states: StateFolder = new StateFolder()): Promise<StopResult> {
  checkName(name);
  const state = states.read(name);
  if (state === null) return { kind: "was-not-running" };
  await cleanUp(states, state);
  return { kind: "stopped" };
}

function answers({ kafkaBrokers }: StackAddresses): Promise<boolean> {
  const [host = "", port] = kafkaBrokers.split(":");
  return acceptsConnections(host, Number(port));
}

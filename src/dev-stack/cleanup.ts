import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { composeDown } from "./docker-stack.ts";
import { endProcess } from "./process-identity.ts";
import type { StackState, StateFolder } from "./state.ts";

/** Temporary data folders are made with this prefix, and only such are ever removed. */
export const dataPrefix = "provisioning-bridge-data-";

/** What a broker gets to write its last segment and leave; past it SIGKILL, which costs it a log recovery. */
const graceMs = 15_000;

/**
 * Ends everything a state names, removes its temporary data and then the state itself. Bounded; safe to run twice
 * and from two processes at once, since each step leaves alone what is gone.
 */
export async function cleanUp(states: StateFolder, state: StackState): Promise<void> {
  await Promise.all(Object.values(state.processes).map((process) => endProcess(process, graceMs)));
  if (state.composeProject !== null) await composeDown(state.composeProject);
  if (state.removeData && state.dataDir !== null && isOurs(state.dataDir)) {
    await rm(state.dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
  states.remove(state.name);
}

function isOurs(folder: string): boolean {
  return dirname(resolve(folder)) === resolve(tmpdir()) && basename(folder).startsWith(dataPrefix);
}

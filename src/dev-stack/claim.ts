import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";
import { cleanUp } from "./cleanup.ts";
import { identityOf } from "./process-identity.ts";
import type { Progress } from "./progress.ts";
import type { StackState, StateFolder } from "./state.ts";
import { stackStatus } from "./status.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly state: StackState }
  | { readonly kind: "was-running"; readonly addresses: StackAddresses };

export interface ClaimOptions {
  readonly name: string;
  readonly dataDir?: string | undefined;
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal;
}

/** Longer than a start may take, the fetch by Maven included. */
const otherStartMs = 20 * 60_000;

/**
 * Takes a name for a start by this process, or finds the stack that runs under it; waits while another process starts
 * it, and cleans up what a crash left. Throws STACK_UNAVAILABLE when another start does not come to an end.
 */
export async function claimName(states: StateFolder, options: ClaimOptions): Promise<Claim> {
  const { name } = options;
  const deadline = performance.now() + otherStartMs;
  let said = false;
  while (performance.now() < deadline) {
    options.signal?.throwIfAborted();
    const status = await stackStatus(name, states);
    if (status.kind === "running") return { kind: "was-running", addresses: status.addresses };
    if (status.kind === "starting") {
      if (!said) options.onProgress?.(`another start of the stack ${name} is under way: waiting for it`);
      said = true;
      await sleep(300);
      continue;
    }
    const left = states.read(name);
    if (left !== null) await cleanUp(states, left);
    const state = firstState(options);
    if (states.claim(state)) return { kind: "claimed", state };
  }
  throw new BridgeError("STACK_UNAVAILABLE", `another start of the stack ${name} does not come to an end`);
}

function firstState({ dataDir, name }: ClaimOptions): StackState {
  return {
    name,
    phase: "starting",
    starter: identityOf(process.pid) ?? { pid: process.pid, startedAt: "unknown" },
    processes: {},
    composeProject: null,
    dataDir: dataDir === undefined ? null : resolve(dataDir),
    removeData: dataDir === undefined,
    addresses: null,
  };
}

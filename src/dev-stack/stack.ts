import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BridgeError, messageOf } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";
import { claimName } from "./claim.ts";
import { dataPrefix } from "./cleanup.ts";
import { configuredStack } from "./configured.ts";
import { type Launched, launch } from "./launch.ts";
import { signalTo } from "./process-identity.ts";
import type { Progress } from "./progress.ts";
import { checkName, type StackState, StateFolder } from "./state.ts";
import { stopStack } from "./status.ts";
import { type Watch, watch } from "./watch.ts";

export interface StackOptions {
  /** 1 to 40 of a-z, 0-9, _ and -. */
  readonly name: string;
  /** Kept when the stack stops, used again when one is started on it; default: a temporary folder that goes with it. */
  readonly dataDir?: string | undefined;
  /** Also a TLS listener with a SASL user. Always by Maven, whatever is configured. Default false. */
  readonly secure?: boolean;
  /** "maven" ignores what is configured and Docker: for tests that stop and start servers. Default "any". */
  readonly kind?: "any" | "maven";
  readonly onProgress?: Progress;
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Where states are written; default: a folder of this user in the temp folder. */
  readonly stateFolder?: StateFolder;
}

export type StartResult =
  | { readonly kind: "started"; readonly addresses: StackAddresses }
  | { readonly kind: "was-running"; readonly addresses: StackAddresses }
  /** Nothing was started: the environment names a broker and a registry. */
  | { readonly kind: "configured"; readonly addresses: StackAddresses };

/** A stack that ends with its owner: at `stop`, or when this process ends in whatever way. */
export interface Stack {
  readonly addresses: StackAddresses;
  /** The two processes of a Maven stack, else null. */
  readonly servers: Launched["servers"];
  /** Idempotent, bounded (15 s and then SIGKILL). */
  stop(): Promise<void>;
}

/**
 * Starts a stack that outlives this process, or finds the one that runs.
 * Throws STACK_UNAVAILABLE (with what to install, or the end of a log), USAGE for a bad name, SETTINGS_INVALID when only
 * one of KAFKA_BROKERS and SCHEMA_REGISTRY_URL is set.
 */
export async function startStack(options: StackOptions): Promise<StartResult> {
  const configured = configuredFor(options);
  if (configured !== null) return { kind: "configured", addresses: configured };
  const states = options.stateFolder ?? new StateFolder();
  const claim = await claimName(states, options);
  if (claim.kind === "was-running") return claim;
  const { launched, watching } = await start(states, claim.state, options);
  await watching.release();
  return { kind: "started", addresses: launched.addresses };
}

/** As `startStack`, for an owner that keeps the stack only as long as itself. Throws USAGE when the name runs already. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const configured = configuredFor(options);
  if (configured !== null) return { addresses: configured, servers: null, stop: () => Promise.resolve() };
  const states = options.stateFolder ?? new StateFolder();
  const claim = await claimName(states, options);
  if (claim.kind === "was-running") {
    throw new BridgeError("USAGE", `a stack named ${options.name} is running already`);
  }
  const { launched, watching } = await start(states, claim.state, options);
  let stopping: Promise<void> | null = null;
  return {
    ...launched,
    stop() {
      stopping ??= stopAndRelease(states, options.name, watching);
      return stopping;
    },
  };
}

function configuredFor(options: StackOptions): StackAddresses | null {
  checkName(options.name);
  return options.secure === true || options.kind === "maven" ? null : configuredStack(options.env ?? process.env);
}

interface Started {
  readonly launched: Launched;
  readonly watching: Watch;
}

async function start(states: StateFolder, claimed: StackState, options: StackOptions): Promise<Started> {
  const { name } = claimed;
  let state = claimed;
  // False once somebody has stopped the stack: then its state must not come back.
  const note = (change: Partial<StackState>): boolean => {
    if (states.read(name) === null) return false;
    state = { ...state, ...change };
    states.write(state);
    return true;
  };
  const watching = watch(states, name);
  try {
    const dataDir = state.dataDir ?? mkdtempSync(join(tmpdir(), dataPrefix));
    note({ dataDir });
    const launched = await launch({
      name,
      dataDir,
      keepData: !claimed.removeData,
      secure: options.secure === true,
      mavenOnly: options.secure === true || options.kind === "maven",
      env: options.env ?? process.env,
      onProgress: options.onProgress ?? (() => undefined),
      signal: options.signal,
      // Called for the life of the stack: a server that its owner stops and starts again must stay findable.
      onProcess: (role, process) => {
        const others = Object.entries(state.processes).filter(([other]) => other !== role);
        const processes = Object.fromEntries(process === null ? others : [...others, [role, process]]);
        if (!note({ processes }) && process !== null) signalTo(process, "SIGKILL");
      },
      onComposeProject: (composeProject) => void note({ composeProject }),
    });
    if (!note({ phase: "running", addresses: launched.addresses })) {
      throw new BridgeError("STACK_UNAVAILABLE", `the stack ${name} was stopped while it started`);
    }
    return { launched, watching };
  } catch (error) {
    await stopAndRelease(states, name, watching);
    if (error instanceof BridgeError || options.signal?.aborted === true) throw error;
    throw new BridgeError("STACK_UNAVAILABLE", `the development stack did not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function stopAndRelease(states: StateFolder, name: string, watching: Watch): Promise<void> {
  await stopStack(name, states);
  await watching.release();
}

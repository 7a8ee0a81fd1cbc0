import { messageOf } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";
import { composeDown, composeProjectOf, startInDocker } from "./docker-stack.ts";
import { startByMaven } from "./maven-stack.ts";
import { arePartsCached } from "./parts.ts";
import { chooseKind, lookAround, nothingUsable } from "./prerequisites.ts";
import type { Progress } from "./progress.ts";
import type { ServerProcess, Track } from "./server-process.ts";

export interface LaunchOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly keepData: boolean;
  readonly secure: boolean;
  readonly mavenOnly: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: Progress;
  readonly signal: AbortSignal | undefined;
  readonly onProcess: Track;
  /** Told before the first container may exist. */
  readonly onComposeProject: (project: string | null) => void;
}

export interface Launched {
  readonly addresses: StackAddresses;
  readonly servers: { readonly broker: ServerProcess; readonly registry: ServerProcess } | null;
}

/** Starts a broker and a registry by the best means of this machine. Throws STACK_UNAVAILABLE. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { env, onProgress } = options;
  const look = (withDocker: boolean): ReturnType<typeof lookAround> => lookAround(env, arePartsCached(env), withDocker);
  const choice = chooseKind(await look(!options.mavenOnly));
  if (choice.kind === "none") throw nothingUsable(choice.missing);
  if (choice.kind === "maven") return byMaven(options, choice.java);
  try {
    return { addresses: await inDocker(options), servers: null };
  } catch (error) {
    options.signal?.throwIfAborted();
    // An engine without access to images is common in build machines that have Java and Maven.
    const other = chooseKind(await look(false));
    if (other.kind !== "maven") throw error;
    onProgress(`${messageOf(error)}\ntrying Maven instead`);
    return byMaven(options, other.java);
  }
}

async function inDocker(options: LaunchOptions): Promise<StackAddresses> {
  const project = composeProjectOf(options.name);
  options.onComposeProject(project);
  try {
    return await startInDocker(project, options.keepData ? options.dataDir : null, options.onProgress, options.signal);
  } catch (error) {
    await composeDown(project);
    options.onComposeProject(null);
    throw error;
  }
}

async function byMaven(options: LaunchOptions, java: string): Promise<Launched> {
  const { dataDir, env, onProcess, onProgress, secure, signal } = options;
  const started = await startByMaven({ dataDir, java, secure, env, onProgress, track: onProcess, signal });
  return { addresses: started.addresses, servers: { broker: started.broker, registry: started.registry } };
}

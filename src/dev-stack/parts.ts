import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BridgeError } from "../errors.ts";
import { lastLines } from "./log-tail.ts";
import { type Progress, sayWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";

/** The Java programs of a stack, unpacked. */
export interface Parts {
  /** The broker's class path. */
  readonly brokerClassPath: string;
  /** The registry's runnable jar. */
  readonly registryJar: string;
}

/** The same two steps up from src/dev-stack/ and from dist/dev-stack/. */
const pomFile = fileURLToPath(new URL("../../dev-stack/pom.xml", import.meta.url));
const fetchLimitMs = 15 * 60_000;
const abandonedMs = 24 * 3_600_000;

/**
 * The folder the parts are kept in, or will be: one per content of the pom, so that a new version is fetched beside
 * the old one and a running stack keeps its jars.
 */
export function partsFolder(env: NodeJS.ProcessEnv, pom: string = readFileSync(pomFile, "utf8")): string {
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  const cache = xdg === "" ? join(env["HOME"] ?? homedir(), ".cache") : xdg;
  const version = (name: string): string => new RegExp(`<${name}\\.version>([^<]+)<`).exec(pom)?.[1] ?? "unknown";
  const digest = createHash("sha256").update(pom).digest("hex").slice(0, 8);
  const key = `kafka-${version("kafka")}-apicurio-${version("apicurio")}-${digest}`;
  return join(cache, "provisioning-bridge", "dev-stack", key);
}

/** Whether a finished fetch is there. The folder appears by one rename, so that it is there whole or not at all. */
export function arePartsCached(env: NodeJS.ProcessEnv): boolean {
  return existsSync(partsFolder(env));
}

/** The parts, fetched by Maven the first time. Throws STACK_UNAVAILABLE with the end of Maven's output. */
export async function fetchParts(env: NodeJS.ProcessEnv, onProgress: Progress, signal?: AbortSignal): Promise<Parts> {
  const folder = partsFolder(env);
  if (!existsSync(folder)) await fetchInto(folder, env, onProgress, signal);
  const jar = (await readdir(join(folder, "registry"))).find((name) => name.endsWith("-runner.jar"));
  if (jar === undefined) {
    throw new BridgeError("STACK_UNAVAILABLE", `no registry in ${folder}: delete that folder and try again`);
  }
  return { brokerClassPath: join(folder, "broker", "*"), registryJar: join(folder, "registry", jar) };
}

async function fetchInto(
  folder: string,
  env: NodeJS.ProcessEnv,
  onProgress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(dirname(folder));
  // Two starts at once both fetch; whoever renames second throws its copy away.
  const temporary = join(dirname(folder), `.fetch-${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(temporary);
    await copyFile(pomFile, join(temporary, "pom.xml"));
    const out = join(temporary, "parts");
    const outcome = await sayWhile(
      "fetching the broker and the registry by Maven (about 200 MB, once)",
      onProgress,
      runCommand("mvn", ["-q", "-B", `-Dout=${out}`, "package"], {
        cwd: temporary,
        env,
        timeoutMs: fetchLimitMs,
        signal,
      }),
    );
    signal?.throwIfAborted();
    if (outcome.kind !== "exited" || outcome.code !== 0) {
      const why =
        outcome.kind === "timed-out" ? `did not finish in ${fetchLimitMs / 60_000} minutes` : "could not fetch them";
      const said = outcome.kind === "not-found" ? "    mvn: command not found" : lastLines(outcome.output, 12);
      throw new BridgeError("STACK_UNAVAILABLE", `Maven ${why}:\n${said}`);
    }
    await rename(out, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Leftovers of fetches that were killed. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".fetch-")) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}

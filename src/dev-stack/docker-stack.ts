import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BridgeError } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";
import { lastLines } from "./log-tail.ts";
import { freePorts } from "./ports.ts";
import { type Progress, sayWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";

/** From src/dev-stack and from dist/dev-stack this is the same file. */
const composeFile = fileURLToPath(new URL("../../docker-compose.yml", import.meta.url));
const upLimitMs = 10 * 60_000;
const downLimitMs = 60_000;

/** The compose project of a stack. */
export function composeProjectOf(name: string): string {
  return `provisioning-bridge-${name}`;
}

/**
 * Starts the services `broker` and `registry` of docker-compose.yml as a project of its own and waits until compose
 * calls them healthy. With `dataDir` they write there, else into volumes that go with the project.
 * Throws STACK_UNAVAILABLE with the end of compose's output.
 */
export async function startInDocker(
  project: string,
  dataDir: string | null,
  onProgress: Progress,
  signal?: AbortSignal,
): Promise<StackAddresses> {
  const [kafkaPort, registryPort] = await freePorts(2);
  const env = {
    ...process.env,
    KAFKA_PORT: String(kafkaPort),
    SCHEMA_REGISTRY_PORT: String(registryPort),
    ...(dataDir === null ? {} : await boundFolders(dataDir)),
  };
  const args = ["compose", "-p", project, "-f", composeFile, "up", "--detach", "--wait", "broker", "registry"];
  const up = runCommand("docker", args, { env, timeoutMs: upLimitMs, signal });
  const outcome = await sayWhile("starting the broker and the registry by Docker compose", onProgress, up);
  signal?.throwIfAborted();
  if (outcome.kind !== "exited" || outcome.code !== 0) {
    const output = outcome.kind === "not-found" ? "    docker: command not found" : lastLines(outcome.output, 12);
    throw new BridgeError("STACK_UNAVAILABLE", `docker compose could not start the stack:\n${output}`);
  }
  return {
    kind: "docker",
    kafkaBrokers: `127.0.0.1:${kafkaPort}`,
    schemaRegistryUrl: `http://127.0.0.1:${registryPort}/apis/ccompat/v7`,
    secure: null,
  };
}

/** The folders that take the place of the volumes in docker-compose.yml. */
async function boundFolders(dataDir: string): Promise<Record<string, string>> {
  const folders = { KAFKA_DATA: join(dataDir, "docker-kafka"), REGISTRY_DATA: join(dataDir, "docker-registry") };
  for (const folder of Object.values(folders)) {
    await mkdir(folder, { recursive: true });
    // The images have users of their own, whom the folder of this user must let in.
    await chmod(folder, 0o777);
  }
  return process.getuid === undefined ? folders : { ...folders, REGISTRY_USER: `${process.getuid()}:0` };
}

/** Removes a project's containers, network and volumes; a folder given as data stays. Bounded, never throws. */
export async function composeDown(project: string): Promise<void> {
  // The file is not named: compose finds a project's parts by their labels, also when the file has changed since.
  const args = ["compose", "-p", project, "down", "--volumes", "--remove-orphans", "--timeout", "15"];
  await runCommand("docker", args, { timeoutMs: downLimitMs });
}

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BridgeError } from "../errors.ts";
import type { SecureAddresses, StackAddresses } from "./addresses.ts";
import { brokerProperties } from "./broker-properties.ts";
import { lastLines } from "./log-tail.ts";
import { fetchParts, type Parts } from "./parts.ts";
import { freePorts } from "./ports.ts";
import { acceptsConnections, notAnswering } from "./probes.ts";
import { type Progress, sayWhile } from "./progress.ts";
import { runCommand } from "./run-command.ts";
import { type SecureMaterial, secureMaterial } from "./secure-listener.ts";
import { notReady, ServerProcess, type ServerSpec, type StartOutcome, type Track } from "./server-process.ts";

export interface MavenStackOptions {
  /** Absolute; created where missing. A folder of an earlier stack is used as it stands. */
  readonly dataDir: string;
  /** The java command. */
  readonly java: string;
  readonly secure: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: Progress;
  readonly track: Track;
  readonly signal?: AbortSignal | undefined;
}

export interface MavenStack {
  readonly addresses: StackAddresses;
  readonly broker: ServerProcess;
  readonly registry: ServerProcess;
}

/** A port can be taken between finding it free and binding it: other ports are tried this often. */
const portAttempts = 3;

/**
 * Apache Kafka and Apicurio as two Java processes on free ports of 127.0.0.1.
 * Throws STACK_UNAVAILABLE when they cannot be fetched or do not get ready; what was started is then still tracked,
 * the caller ends it.
 */
export async function startByMaven(options: MavenStackOptions): Promise<MavenStack> {
  const parts = await fetchParts(options.env, options.onProgress, options.signal);
  await mkdir(join(options.dataDir, "tmp"), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const { formatted, specs, stack } = await prepare(parts, options);
    const startBroker = async (): Promise<StartOutcome> => {
      await formatted();
      return stack.broker.tryStart(options.signal);
    };
    const [broker, registry] = await sayWhile(
      "waiting for the broker and the registry",
      options.onProgress,
      Promise.all([startBroker(), stack.registry.tryStart(options.signal)]),
      () => [stack.broker, stack.registry].flatMap(({ waitsFor }) => waitsFor ?? []).join("; ") || null,
    );
    if (broker.kind === "ready" && registry.kind === "ready") return stack;
    if (broker.kind !== "ready" && (broker.kind !== "port-taken" || attempt === portAttempts)) {
      throw notReady(specs.broker, broker);
    }
    if (registry.kind !== "ready" && (registry.kind !== "port-taken" || attempt === portAttempts)) {
      throw notReady(specs.registry, registry);
    }
    await Promise.all([stack.broker.stop(), stack.registry.stop()]);
  }
}

interface Prepared {
  /** Formats the broker's folder unless that was done before: a JVM of its own, so that the registry starts meanwhile. */
  readonly formatted: () => Promise<void>;
  readonly stack: MavenStack;
  readonly specs: { readonly broker: ServerSpec; readonly registry: ServerSpec };
}

async function prepare(parts: Parts, options: MavenStackOptions): Promise<Prepared> {
  const { dataDir, java } = options;
  const [port = 0, controllerPort = 0, registryPort = 0, securePort = 0] = await freePorts(4);
  if (options.secure && existsSync(join(dataDir, "formatted")) && !existsSync(join(dataDir, "secure"))) {
    throw new BridgeError("STACK_UNAVAILABLE", `${dataDir} was formatted without a secure user: take another folder`);
  }
  const secure = options.secure ? await secureMaterial(join(dataDir, "secure"), java, securePort) : null;
  const properties = join(dataDir, "server.properties");
  const layout = { logDir: join(dataDir, "kafka"), port, controllerPort, secure: secure?.listener ?? null };
  await writeFile(properties, brokerProperties(layout), { mode: 0o600 });
  const specs = {
    broker: brokerSpec(parts, options, properties, port),
    registry: registrySpec(parts, options, registryPort),
  };
  const addresses: StackAddresses = {
    kind: "maven",
    kafkaBrokers: `127.0.0.1:${port}`,
    schemaRegistryUrl: registryUrl(registryPort),
    secure: secure === null ? null : secureAddresses(secure),
  };
  const broker = new ServerProcess(specs.broker, options.track);
  return {
    formatted: () => format(parts, options, properties, secure),
    stack: { addresses, broker, registry: new ServerProcess(specs.registry, options.track) },
    specs,
  };
}

/** Writes the cluster id and, for a secure stack, the SCRAM user: once in the life of a data folder. */
async function format(
  parts: Parts,
  { dataDir, java, signal }: MavenStackOptions,
  properties: string,
  secure: SecureMaterial | null,
): Promise<void> {
  const logDir = join(dataDir, "kafka");
  const formatted = join(dataDir, "formatted");
  if (existsSync(formatted)) return;
  // A format that was interrupted: its folder holds nothing yet, as no broker ever ran on it.
  await rm(logDir, { recursive: true, force: true });
  const args = ["-cp", parts.brokerClassPath, "kafka.tools.StorageTool", "format", "-c", properties, "-t", clusterId()];
  if (secure !== null) {
    const { username, password } = secure.listener;
    args.push("--add-scram", `SCRAM-SHA-256=[name=${username},password=${password}]`);
  }
  const outcome = await runCommand(java, [...smallJvm(dataDir, 128), startQuickly, ...args], {
    timeoutMs: 60_000,
    signal,
  });
  signal?.throwIfAborted();
  if (outcome.kind !== "exited" || outcome.code !== 0) {
    const output = outcome.kind === "not-found" ? `    ${java}: command not found` : lastLines(outcome.output, 12);
    throw new BridgeError("STACK_UNAVAILABLE", `the broker's folder ${logDir} could not be formatted:\n${output}`);
  }
  await writeFile(formatted, "");
}

/** A Kafka Uuid: 16 random bytes in base64url; one that starts with "-" would be read as an option. */
function clusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? clusterId() : id;
}

/** Half the processor time to start, for what is no part of any measurement. */
const startQuickly = "-XX:TieredStopAtLevel=1";

/** Small heap, nothing left behind in the shared temp folder. */
function smallJvm(dataDir: string, heapMiB: number): string[] {
  return [`-Xmx${heapMiB}m`, "-XX:+UseSerialGC", "-XX:-UsePerfData", `-Djava.io.tmpdir=${join(dataDir, "tmp")}`];
}

function brokerSpec(
  parts: Parts,
  { dataDir, env, java }: MavenStackOptions,
  properties: string,
  port: number,
): ServerSpec {
  return {
    role: "broker",
    command: java,
    args: [
      ...smallJvm(dataDir, 512),
      "-Dorg.slf4j.simpleLogger.showDateTime=true",
      "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
      ...["-cp", parts.brokerClassPath, "kafka.Kafka", properties],
    ],
    env,
    cwd: dataDir,
    logFile: join(dataDir, "broker.log"),
    // The port accepts connections before the broker serves them; its last line at start says when it does.
    lacks: async (log) => {
      if (!log.includes("Kafka Server started"))
        return `it is starting; last logged: ${lastLines(log, 1).trim().slice(0, 120) || "nothing"}`;
      return (await acceptsConnections("127.0.0.1", port)) ? null : `its port ${port} takes no connection yet`;
    },
    readyWithinMs: 180_000,
    stopWithinMs: 15_000,
  };
}

function registrySpec(parts: Parts, { dataDir, env, java }: MavenStackOptions, port: number): ServerSpec {
  return {
    role: "registry",
    command: java,
    args: [
      ...smallJvm(dataDir, 384),
      startQuickly,
      `-Dquarkus.http.port=${port}`,
      "-Dquarkus.http.host=127.0.0.1",
      // The default of 20 connections is for a database across a network.
      ...["-Dquarkus.datasource.jdbc.initial-size=2", "-Dquarkus.datasource.jdbc.min-size=2"],
      ...["-jar", parts.registryJar],
    ],
    // A file, not memory as by default: after a restart each schema must keep its id, or records cannot be read.
    env: { ...env, REGISTRY_DATASOURCE_URL: `jdbc:h2:file:${join(dataDir, "registry", "schemas")}` },
    cwd: dataDir,
    logFile: join(dataDir, "registry.log"),
    lacks: () => notAnswering(`${registryUrl(port)}/subjects`),
    readyWithinMs: 180_000,
    stopWithinMs: 10_000,
  };
}

function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

function secureAddresses({ caFile, listener }: SecureMaterial): SecureAddresses {
  const { password, port, username } = listener;
  return { kafkaBrokers: `127.0.0.1:${port}`, caFile, mechanisms: ["scram-sha-256", "plain"], username, password };
}

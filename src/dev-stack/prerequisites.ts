import { access } from "node:fs/promises";
import { join } from "node:path";
import { BridgeError } from "../errors.ts";
import { runCommand } from "./run-command.ts";

/** What this machine offers to run a stack with. */
export interface Findings {
  readonly docker: "usable" | "no-command" | "no-engine" | "no-compose";
  readonly java: JavaFinding;
  /** Not looked for when `partsCached`. */
  readonly maven: "usable" | "no-command";
  /** Whether broker and registry were fetched before, so that Maven is not needed. */
  readonly partsCached: boolean;
}

export type JavaFinding =
  | { readonly kind: "usable"; readonly command: string; readonly major: number }
  | { readonly kind: "too-old"; readonly command: string; readonly major: number }
  | { readonly kind: "no-command" };

export type Choice =
  | { readonly kind: "docker" }
  | { readonly kind: "maven"; readonly java: string }
  | { readonly kind: "none"; readonly missing: readonly string[] };

/** The least Java that both Kafka 4 and the registry run on. */
export const leastJava = 17;

/** Docker where its engine answers, else Java and Maven, else what to install. */
export function chooseKind(findings: Findings): Choice {
  if (findings.docker === "usable") return { kind: "docker" };
  const missing: string[] = [];
  if (findings.java.kind === "no-command") missing.push(`Java ${leastJava} or newer is not installed`);
  if (findings.java.kind === "too-old") {
    missing.push(`Java ${leastJava} or newer is needed, ${findings.java.command} is Java ${findings.java.major}`);
  }
  if (findings.maven === "no-command" && !findings.partsCached) missing.push("Maven (mvn) is not installed");
  if (findings.java.kind === "usable" && missing.length === 0) return { kind: "maven", java: findings.java.command };
  return { kind: "none", missing: [...missing, dockerProblem[findings.docker]] };
}

const dockerProblem = {
  usable: "",
  "no-command": "Docker is not installed",
  "no-engine": "the docker command is there, but its engine does not answer",
  "no-compose": "Docker's engine answers, but `docker compose` is not installed",
} as const;

/** STACK_UNAVAILABLE with what is missing and the ways out. */
export function nothingUsable(missing: readonly string[]): BridgeError {
  return new BridgeError(
    "STACK_UNAVAILABLE",
    [
      "no broker and registry can be started on this machine:",
      ...missing.map((line) => `  - ${line}`),
      "do one of these:",
      `  - install Java ${leastJava} and Maven (Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven)`,
      "  - start a Docker engine that has `docker compose`",
      "  - set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to a broker and a registry you have",
    ].join("\n"),
  );
}

/** Looks at Docker (unless `withDocker` is false), Java and Maven; each answer is waited for a few seconds at most. */
export async function lookAround(env: NodeJS.ProcessEnv, partsCached: boolean, withDocker: boolean): Promise<Findings> {
  const [docker, java, maven] = await Promise.all([
    withDocker ? findDocker(env) : ("no-command" as const),
    findJava(env),
    partsCached ? ("usable" as const) : findMaven(env),
  ]);
  return { docker, java, maven, partsCached };
}

async function findDocker(env: NodeJS.ProcessEnv): Promise<Findings["docker"]> {
  const engine = await runCommand("docker", ["info", "--format", "{{.ServerVersion}}"], { env, timeoutMs: 5000 });
  if (engine.kind === "not-found") return "no-command";
  if (engine.kind === "timed-out" || engine.code !== 0 || engine.output.trim() === "") return "no-engine";
  const compose = await runCommand("docker", ["compose", "version"], { env, timeoutMs: 5000 });
  return compose.kind === "exited" && compose.code === 0 ? "usable" : "no-compose";
}

async function findJava(env: NodeJS.ProcessEnv): Promise<JavaFinding> {
  const home = env["JAVA_HOME"] ?? "";
  const candidates = home === "" ? ["java"] : [join(home, "bin", "java"), "java"];
  let tooOld: JavaFinding = { kind: "no-command" };
  for (const command of candidates) {
    const version = await runCommand(command, ["-version"], { env, timeoutMs: 10_000 });
    const major = version.kind === "exited" ? javaMajor(version.output) : null;
    if (major === null) continue;
    if (major >= leastJava) return { kind: "usable", command, major };
    tooOld = { kind: "too-old", command, major };
  }
  return tooOld;
}

/** 17 of `openjdk version "17.0.15" ...`, 8 of `java version "1.8.0_392"`, 26 of `"26-ea"`; null where there is none. */
export function javaMajor(versionText: string): number | null {
  const version = /version "(?:1\.)?(\d+)/.exec(versionText)?.[1];
  return version === undefined ? null : Number(version);
}

async function findMaven(env: NodeJS.ProcessEnv): Promise<Findings["maven"]> {
  const folders = (env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  // Starting mvn only to see that it exists costs a JVM start.
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, "mvn")).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true) ? "usable" : "no-command";
}

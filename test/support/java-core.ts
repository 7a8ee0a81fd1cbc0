import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** The billing core in Java (test/java-core): built by Maven once per content of its sources, kept in its target/. */

const run = promisify(execFile);
const folder = join(import.meta.dirname, "../java-core");
const target = join(folder, "target");
const stamp = join(target, "built");

/** The class path of its libraries, once it is built. */
export const javaLibraries: string = join(target, "libraries", "*");

/** Why it cannot be built here, or null. */
export async function missingForJava(): Promise<string | null> {
  const javac = await run("javac", ["-version"]).catch(() => null);
  const major = Number(/javac (\d+)/.exec(javac === null ? "" : `${javac.stdout}${javac.stderr}`)?.[1] ?? 0);
  if (major < 17) return "a Java 17 development kit (javac) is not installed";
  const maven = await run("mvn", ["-v"]).catch(() => null);
  return maven === null ? "Maven (mvn) is not installed" : null;
}

/** Compiles what changed since the last time. Rejects with Maven's output. */
export async function buildJavaCore(): Promise<void> {
  const sources = ["pom.xml", ...globSync("src/**/*.java", { cwd: folder }).sort()];
  const digest = createHash("sha256");
  for (const source of sources) digest.update(source).update(readFileSync(join(folder, source)));
  const wanted = digest.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(target, { recursive: true, force: true });
  const maven = (args: readonly string[]) =>
    run("mvn", ["-q", "-B", ...args, "compile"], { cwd: folder, timeout: 150_000 });
  // Offline is quick and works whenever the libraries were fetched before.
  await maven(["-o"]).catch(() => maven([]));
  mkdirSync(target, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs it; each line of its standard output is JSON. Rejects with what it said when it does not end with 0. */
export async function runJavaCore(args: readonly string[], timeoutMs: number): Promise<readonly unknown[]> {
  const classPath = [join(target, "classes"), javaLibraries].join(":");
  const child = spawn("java", ["-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", classPath, "core.Core", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const lines: unknown[] = [];
  const errors: string[] = [];
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  createInterface(child.stderr).on("line", (line) => errors.push(line));
  const code = await endOf(child);
  if (code !== 0) throw new Error(`the Java core ended with ${code}:\n${errors.slice(0, 60).join("\n")}`);
  return lines;
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "no code"));
  });
}

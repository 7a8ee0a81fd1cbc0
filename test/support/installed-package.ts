import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** This package as npm would install it: built, packed, unpacked into a project of its own. */
export interface InstalledPackage {
  /** The project that has it in its node_modules. */
  readonly project: string;
  readonly folder: string;
  /** What is in it, from its root. */
  readonly files: readonly string[];
  remove(): void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = join(import.meta.dirname, "../..");
const execute = promisify(execFile);

/** Runs a command to its end. Rejects only when it cannot be started or takes longer than a minute. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  try {
    return { code: 0, ...(await execute(command, [...args], { ...options, timeout: 60_000, maxBuffer: 2 ** 26 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { code, stdout: stdout ?? "", stderr: stderr ?? "" };
  }
}

export async function installPackage(): Promise<InstalledPackage> {
  await succeed("npm", ["run", "--silent", "build"], root);
  const project = mkdtempSync(join(tmpdir(), "installed-package-"));
  const packed = await succeed("npm", ["pack", "--json", "--pack-destination", project], root);
  const [pack] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const folder = join(project, "node_modules", "provisioning-bridge");
  mkdirSync(folder, { recursive: true });
  await succeed("tar", ["-xzf", join(project, pack.filename), "--strip-components=1", "-C", folder], root);
  // Its dependencies are the ones that are here: nothing is fetched.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return {
    project,
    folder,
    files: pack.files.map(({ path }) => path),
    remove: () => rmSync(project, { recursive: true, force: true }),
  };
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

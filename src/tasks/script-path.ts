import { access, constants, open, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";

export type ScriptPath =
  /** Both with every symbolic link resolved. */
  | {
      readonly kind: "script";
      readonly path: string;
      readonly directory: string;
      /** Another one when the file was written or replaced. */
      readonly version: string;
    }
  | { readonly kind: "refused"; readonly detail: string };

/**
 * Where a script is: `path` relative to SCRIPTS_DIR (or absolute), and still inside it when every symbolic link is
 * resolved. Looked up at every call, because what a link points to can change. Rejects never.
 */
export async function resolveScript(scriptsDir: string | null, path: string): Promise<ScriptPath> {
  if (scriptsDir === null) return refused("scripts need the setting SCRIPTS_DIR");
  try {
    const directory = await realpath(scriptsDir);
    const script = await realpath(resolve(directory, path));
    const inside = relative(directory, script);
    if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      return refused(`${path} is not inside SCRIPTS_DIR`);
    const file = await stat(script);
    if (!file.isFile()) return refused(`${path} is not a file`);
    await access(script, constants.X_OK);
    if (!(await isProgram(script))) return refused(`${path} has no #! line`);
    return { kind: "script", path: script, directory, version: `${file.ino} ${file.mtimeMs} ${file.size}` };
  } catch (thrown) {
    return refused(`${path} cannot be run (${codeOf(thrown)})`);
  }
}

/** The first bytes of what a kernel runs itself: `#!`, ELF, Mach-O (thin and universal). */
const magics = ["2321", "7f454c46", "cffaedfe", "cafebabe"];

/** Without this check execvp would hand any other file to /bin/sh, and scripts are never run by a shell they do not name. */
async function isProgram(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString("hex", 0, bytesRead);
    return magics.some((magic) => start.startsWith(magic));
  } finally {
    await file.close();
  }
}

function refused(detail: string): ScriptPath {
  return { kind: "refused", detail };
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return code === "EACCES" ? "EACCES: it must be executable" : (code ?? String(thrown));
}

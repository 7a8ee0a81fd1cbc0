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

/** Paths that are remembered; their handlers are far fewer. */
const mostKnown = 1000;
/** A file that was changed a moment ago may be changed again within one tick of its clock, unseen. Milliseconds. */
const usualRestMs = 1000;

/**
 * Where scripts are. Looked up at every call, because what a link points to can change; but a path that still leads to the very file
 * that was found last is not looked at again: six questions to the file system cost more than the rest of a persistent script's call.
 */
export class ScriptPaths {
  readonly #scriptsDir: string | null;
  readonly #restMs: number;
  readonly #known = new Map<string, { readonly file: string; readonly script: ScriptPath }>();

  constructor(scriptsDir: string | null, restMs = usualRestMs) {
    this.#scriptsDir = scriptsDir;
    this.#restMs = restMs;
  }

  /** `path` relative to SCRIPTS_DIR (or absolute), and still inside it when every symbolic link is resolved. Rejects never. */
  async find(path: string): Promise<ScriptPath> {
    if (this.#scriptsDir === null) return refused("scripts need the setting SCRIPTS_DIR");
    // Before the rest: what changes in between is seen by the next call.
    const file = await fileAt(resolve(this.#scriptsDir, path));
    const known = this.#known.get(path);
    if (known !== undefined && known.file === file?.identity) return known.script;
    const script = await resolveScript(this.#scriptsDir, path);
    if (this.#known.size >= mostKnown) this.#known.clear();
    if (script.kind === "script" && file !== null && file.restedMs > this.#restMs)
      this.#known.set(path, { file: file.identity, script });
    else this.#known.delete(path);
    return script;
  }
}

interface FileThere {
  /** Another one when another file stands there, or it, its name or its rights were changed. */
  readonly identity: string;
  /** Since then. Milliseconds. */
  readonly restedMs: number;
}

/** Links followed; null: none that could be read. */
async function fileAt(path: string): Promise<FileThere | null> {
  try {
    const { ctimeMs, ctimeNs, dev, ino, mtimeNs, size } = await stat(path, { bigint: true });
    return { identity: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`, restedMs: Date.now() - Number(ctimeMs) };
  } catch {
    return null;
  }
}

async function resolveScript(scriptsDir: string, path: string): Promise<ScriptPath> {
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

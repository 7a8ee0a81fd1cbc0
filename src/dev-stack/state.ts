import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { BridgeError } from "../errors.ts";
import type { StackAddresses } from "./addresses.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** What is written down of a stack, so that any later command can find it and stop exactly what was started. */
export interface StackState {
  readonly name: string;
  readonly phase: "starting" | "running";
  /** Who starts it, or owns it: while `starting`, a state whose starter is gone is abandoned. */
  readonly starter: ProcessIdentity;
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
  /** Docker compose's project, once it may have containers. */
  readonly composeProject: string | null;
  readonly dataDir: string | null;
  /** Whether the folder was made for this stack and goes with it. */
  readonly removeData: boolean;
  readonly addresses: StackAddresses | null;
}

/** Throws USAGE unless `name` can be a file's and a compose project's name. */
export function checkName(name: string): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name)) {
    throw new BridgeError(
      "USAGE",
      `a stack's name is 1 to 40 of a-z, 0-9, _ and -, the first a letter or digit; got ${JSON.stringify(name)}`,
    );
  }
}

/** The states of one user's stacks, a file each. */
export class StateFolder {
  readonly path: string;

  /** Creates the folder, mode 700. Throws STACK_UNAVAILABLE when somebody else's is in its place. */
  constructor(path: string = defaultFolder()) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = lstatSync(path);
    // Whoever owns the folder decides which processes `stop` ends; in a shared temp folder that must be us.
    if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
      throw new BridgeError(
        "STACK_UNAVAILABLE",
        `${path} belongs to somebody else: set TMPDIR to a folder of your own`,
      );
    }
  }

  fileOf(name: string): string {
    return join(this.path, `${name}.json`);
  }

  names(): readonly string[] {
    return readdirSync(this.path)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length));
  }

  read(name: string): StackState | null {
    try {
      return JSON.parse(readFileSync(this.fileOf(name), "utf8")) as StackState;
    } catch {
      return null;
    }
  }

  /** Writes the first state of a name; false when there is one already. Never leaves half a file. */
  claim(state: StackState): boolean {
    const whole = this.#writeBeside(state);
    try {
      linkSync(whole, this.fileOf(state.name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(whole, { force: true });
    }
  }

  write(state: StackState): void {
    renameSync(this.#writeBeside(state), this.fileOf(state.name));
  }

  remove(name: string): void {
    rmSync(this.fileOf(name), { force: true });
  }

  #writeBeside(state: StackState): string {
    const beside = `${this.fileOf(state.name)}.${process.pid}`;
    writeFileSync(beside, JSON.stringify(state, null, 2), { mode: 0o600 });
    return beside;
  }
}

function defaultFolder(): string {
  const user = process.getuid?.() ?? userInfo().username;
  return join(tmpdir(), `provisioning-bridge-${user}`);
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { StateFolder } from "./state.ts";

/** The watchdog of one stack; see watchdog.ts. */
export interface Watch {
  /** Ends the watchdog and leaves the stack alone. Bounded, idempotent. */
  release(): Promise<void>;
}

/** Starts the watchdog of a stack; from now on the stack does not outlive this process, until `release`. */
export function watch(states: StateFolder, name: string): Watch {
  // .ts in the sources, .js in the package.
  const program = fileURLToPath(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, [program, states.path, name], {
    // Its own session, or Ctrl-C would end it together with the owner.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.once("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  // A pipe is a socket to Node; referenced, it alone would keep the owner from ever ending.
  if (child.stdin instanceof Socket) child.stdin.unref();
  let gone = false;
  const ended = once(child, "exit")
    .catch(() => undefined)
    .then(() => {
      gone = true;
    });
  return {
    async release() {
      if (gone) return;
      child.stdin.end("release\n");
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await ended;
      clearTimeout(timer);
    },
  };
}

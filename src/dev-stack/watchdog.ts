/**
 * Ends a stack when its owner ends, however it ends: `node watchdog.ts STATE_FOLDER NAME`, with the owner holding the
 * other end of stdin. A line on stdin means that the stack is to live on (or has been stopped); the end of stdin without
 * one means that the owner is gone. Even SIGKILL closes a pipe, which no handler in the owner could report.
 */
import { cleanUp } from "./cleanup.ts";
import { StateFolder } from "./state.ts";

const [folder, name] = process.argv.slice(2);
let released = false;
process.stdin.on("data", () => {
  released = true;
});
process.stdin.on("close", () => {
  if (released || folder === undefined || name === undefined) return;
  const states = new StateFolder(folder);
  const state = states.read(name);
  if (state !== null) void cleanUp(states, state);
});

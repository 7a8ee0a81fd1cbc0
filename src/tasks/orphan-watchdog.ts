/**
 * Ends process groups when their owner ends, however it ends: `node orphan-watchdog.ts`, with the owner holding the other
 * end of stdin. A line `+ID` names a group, `-ID` says that it is gone; the end of stdin means that the owner is gone:
 * SIGTERM to each group that is left, SIGKILL a little later. Even SIGKILL closes a pipe, which no handler in the owner
 * could report.
 *
 * An id cannot mean anybody else: as long as one process is in a group no other gets its id, and of a group that was
 * emptied the owner tells at once.
 */
import { createInterface } from "node:readline";

const graceMs = 100;
const groups = new Set<number>();

// Whoever ends everything by signals ends the owner too, and then this is needed most.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [, what, id] = /^([+-])(\d+)$/.exec(line) ?? [];
  // 0 and 1 would be this group and everybody.
  if (what === undefined || Number(id) < 2) return;
  if (what === "+") groups.add(Number(id));
  else groups.delete(Number(id));
});
lines.on("close", () => {
  signalAll("SIGTERM");
  if (groups.size > 0) setTimeout(() => signalAll("SIGKILL"), graceMs);
});

function signalAll(signal: NodeJS.Signals): void {
  for (const id of groups) {
    try {
      process.kill(-id, signal);
    } catch {
      groups.delete(id);
    }
  }
}

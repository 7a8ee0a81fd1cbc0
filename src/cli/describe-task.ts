import type { Task } from "../model/handler.ts";

/** A task on one line. A URL's query may hold what nobody should read, so it is left out. */
export function describeTask(task: Task): string {
  return task.kind === "script" ? `script ${task.path}` : (task.url.split("?", 1)[0] ?? "");
}

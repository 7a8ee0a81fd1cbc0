import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** Builds the program as it is shipped: taking the types out of its sources costs a process 45 MiB. */
export async function buildProgram(): Promise<void> {
  await promisify(execFile)("npm", ["run", "build"], { cwd: join(import.meta.dirname, "../../..") });
}

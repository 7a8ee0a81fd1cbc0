import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../../..");

/** Folder of the pages, built from the sources as they stand. */
export async function builtPages(): Promise<string> {
  await promisify(execFile)(process.execPath, ["scripts/build-web.ts"], { cwd: root, timeout: 120_000 });
  return join(root, "dist/web");
}

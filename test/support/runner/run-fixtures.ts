/** Runs the named files as the runner does and prints their counts as the last line of stderr: for tests of the runner. */
import { runFiles } from "./run-files.ts";

const files = process.argv.slice(2);
const counts = await runFiles({ files, concurrency: 2, testTimeoutMs: 1000, signal: new AbortController().signal });
process.stderr.write(`\ncounts ${JSON.stringify(counts)}`);

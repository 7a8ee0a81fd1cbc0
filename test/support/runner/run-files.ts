import { relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

/** Exact counts of tests; suites are not counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of each failure: where it stands, its name, and the first lines of what it said. */
  readonly failures: readonly string[];
}

export const noTests: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function plus(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

/** The last line of a run, for people and for machines. */
export function summaryLine({ failed, passed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

export interface RunOptions {
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly testTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Enough to see what differed; the whole stands in the report of its file. */
const shownLines = 12;

function firstLines(message: string): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  const more = lines.length > shownLines ? ["..."] : [];
  return [...lines.slice(0, shownLines), ...more].join("\n  ");
}

/** Runs each file in a process of its own and reports to stdout. Cancelled and timed out tests count as failed. */
export async function runFiles(options: RunOptions): Promise<Counts> {
  const stream = run({
    files: [...options.files],
    concurrency: options.concurrency,
    timeout: options.testTimeoutMs,
    signal: options.signal,
    execArgv: ["--import", fileURLToPath(new URL("open-handles.ts", import.meta.url))],
  });
  let counts = noTests;
  const failures: string[] = [];
  stream.on("test:fail", ({ details: { error }, file, line, name }) => {
    // A suite that fails by its tests only says so again.
    if ("failureType" in error && error.failureType === "subtestsFailed") return;
    const at = file === undefined ? "" : `${relative(process.cwd(), file)}:${line ?? 0} `;
    const reason = error.cause instanceof Error ? error.cause : error;
    failures.push(`${at}${name}: ${firstLines(reason.message)}`);
  });
  stream.on("test:summary", ({ counts: found, file, success }) => {
    // With a file it is that file's own, without one the sum.
    if (file !== undefined) return;
    const skipped = found.skipped + found.todo;
    const unsuccessful = found.tests - found.passed - skipped;
    // A suite can fail without any of its tests, by a hook.
    counts = { passed: found.passed, failed: success ? unsuccessful : Math.max(1, unsuccessful), skipped, failures };
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  return counts;
}

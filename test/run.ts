/**
 * The test runner behind `npm test`: `node test/run.ts [kind | file | folder ...]`, kinds as in support/runner/selection.ts.
 * Starts one broker and registry for all tests that need them, unless KAFKA_BROKERS and SCHEMA_REGISTRY_URL name some,
 * and stops them whatever happens. Its last line is `N passed, N failed[, N skipped]`; the exit code is 0 only when
 * tests ran, none failed and no process was left behind.
 */
import { randomUUID } from "node:crypto";
import { environmentOf } from "../src/dev-stack/addresses.ts";
import { openStack, type Stack } from "../src/dev-stack/stack.ts";
import { messageOf } from "../src/errors.ts";
import { leftBehind, runMark } from "./support/runner/left-behind.ts";
import { type Counts, noTests, plus, runFiles, summaryLine } from "./support/runner/run-files.ts";
import { type Kind, kinds, rules, select } from "./support/runner/selection.ts";

const failed = 1;
const usage = 2;

const interrupted = new AbortController();
let exitCode = 0;
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => {
    // A second signal ends us at once; the stack's watchdog then stops the stack.
    if (interrupted.signal.aborted) process.exit(code);
    process.stderr.write(`${signal}: stopping\n`);
    exitCode = code;
    interrupted.abort();
  });
}

const selection = select(import.meta.dirname, process.argv.slice(2));
if (selection.kind === "unknown") {
  process.stderr.write(
    `no such tests: ${selection.argument} (kinds: ${kinds.join(", ")}; or a *.test.ts file, or a folder)\n`,
  );
  process.exitCode = usage;
} else {
  const counts = await runAll(selection.files).catch((error: unknown) => {
    if (!interrupted.signal.aborted) process.stderr.write(`${messageOf(error)}\n`);
    return { ...noTests, failed: 1 };
  });
  if (counts.passed + counts.failed === 0) process.stderr.write("no test ran\n");
  // Once more at the end: above they stand between a thousand lines of other tests.
  if (counts.failures.length > 0) process.stdout.write(`\nfailed:\n${counts.failures.join("\n")}\n\n`);
  process.stdout.write(`${summaryLine(counts)}\n`);
  process.exitCode = exitCode !== 0 ? exitCode : counts.failed > 0 || counts.passed === 0 ? failed : 0;
}

async function runAll(files: ReadonlyMap<Kind, readonly string[]>): Promise<Counts> {
  const stack = [...files.keys()].some((kind) => rules[kind].needsStack) ? await startStack() : null;
  // Set after the stack has started, so that its processes do not count as left behind by a test.
  const mark = randomUUID();
  process.env[runMark] = mark;
  try {
    let counts = noTests;
    for (const [kind, list] of files) {
      if (interrupted.signal.aborted) break;
      counts = plus(counts, await runKind(kind, list));
    }
    return plus(counts, await endLeftBehind(mark));
  } finally {
    await stack?.stop();
  }
}

async function startStack(): Promise<Stack> {
  const stack = await openStack({
    name: `test-${process.pid}`,
    onProgress: (line) => process.stdout.write(`${line}\n`),
    signal: interrupted.signal,
  });
  Object.assign(process.env, environmentOf(stack.addresses));
  const { kafkaBrokers, kind, schemaRegistryUrl } = stack.addresses;
  process.stdout.write(`broker ${kafkaBrokers}, registry ${schemaRegistryUrl} (${kind})\n`);
  return stack;
}

async function runKind(kind: Kind, files: readonly string[]): Promise<Counts> {
  process.stdout.write(`\n${kind}: ${files.length} files\n`);
  const { concurrency, testTimeoutMs } = rules[kind];
  return runFiles({ files, concurrency, testTimeoutMs, signal: interrupted.signal });
}

/** Ends what tests left behind; all of it together counts as one failure. */
async function endLeftBehind(mark: string): Promise<Counts> {
  const processes = await leftBehind(mark, 10_000);
  const failures = processes.map(({ command, pid }) => `left behind by a test: ${pid} ${command}`);
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
  return { ...noTests, failed: failures.length > 0 ? 1 : 0, failures };
}

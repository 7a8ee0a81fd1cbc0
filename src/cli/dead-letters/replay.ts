import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { BridgeError, exitCodes } from "../../errors.ts";
import { createRecordProducer } from "../../kafka/produce/producer.ts";
import { systemClock } from "../../model/clock.ts";
import { ownCommand } from "../../model/own-command.ts";
import { type HandOver, handOver } from "../../operations/hand-over.ts";
import {
  letterRanges,
  type OperationParts,
  parsePosition,
  positionText,
  readLetter,
} from "../../operations/letters.ts";
import { checkOrder } from "../../operations/order-check.ts";
import { type ReplayOutcome, watchOutcome } from "../../operations/replay-outcome.ts";
import { planReplay, type Replayable, replayable } from "../../operations/replay-plan.ts";
import { idleGroups } from "../../operations/replay-ready.ts";
import { selectLetters } from "../../operations/select-letters.ts";
import { withOperation } from "../operation.ts";
import { count, milliseconds } from "../option-values.ts";
import { endWith } from "../run-program.ts";
import { type FilterFlags, filterOf, withFilters } from "./flags.ts";
import { letterAt } from "./letter-at.ts";
import { type PlannedReplay, plannedLines, plannedRows, plannedTable } from "./replay-text.ts";

interface ReplayFlags extends FilterFlags {
  readonly all?: boolean;
  readonly limit?: number;
  readonly rate?: number;
  readonly waitMs?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** More than that in one go are no mending by hand any more; a plan of them takes some 100 MB. */
const mostLetters = 200_000;
const progressEveryMs = 1000;

/** `dead-letters replay`: letters go back to the handler that failed. */
export function replayCommand(): Command {
  return withFilters(new Command("replay"))
    .description("deliver dead letters again, each to the handler that failed alone, under the same webhook-id")
    .argument("[position...]", "of single letters, as `dead-letters list` shows them; else by the options below")
    .option("--all", "all there are")
    .option("--limit <n>", "only the first so many, in the order in which they go", count)
    .option("--rate <n>", "letters per second, at most [10]", count)
    .option("--dry-run", "say what would be replayed, and do nothing")
    .option("--yes", "also where newer events of a key were delivered; else asked at a terminal, refused elsewhere")
    .option("--wait-ms <ms>", "how long to watch what becomes of them; 0: not at all [30000]", milliseconds)
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  ${ownCommand} dead-letters replay 3/17
  ${ownCommand} dead-letters replay --handler crm --since 2h --rate 50

They are written to the replays topic, from which the bridge delivers them with its usual retries; one that fails again is
a dead letter again. Exit code 0: all handed over, and none died again while it was watched; 1: stopped, or some did.`,
    )
    .action(async (positions: readonly string[], flags: ReplayFlags) => {
      const nowMs = Date.now();
      const filter = filterOf(flags, nowMs);
      const byFilter = Object.keys(filter).length > 0 || flags.all === true;
      if (byFilter === positions.length > 0) {
        throw new BridgeError(
          "USAGE",
          "name either positions, or what to replay by options such as --handler (or --all)",
        );
      }
      const at = positions.map(parsePosition);
      const report = await withOperation(async (parts) => {
        const found = byFilter
          ? await collect(selectLetters(parts, filter))
          : await collect(at.map(async (one) => ({ kind: "letter" as const, ...(await letterAt(parts, one)) })));
        return replay(parts, found, flags);
      });
      process.stdout.write(report);
    });
}

interface Found {
  readonly letters: readonly Replayable[];
  readonly gaps: number;
}

type Letters = AsyncIterable<Reading> | Iterable<Promise<Reading>>;
type Reading = ReturnType<typeof selectLetters> extends AsyncGenerator<infer One> ? One : never;

async function collect(readings: Letters): Promise<Found> {
  const letters: Replayable[] = [];
  let gaps = 0;
  for await (const reading of readings) {
    if (reading.kind === "unreadable") continue;
    const one = replayable(reading);
    if (one === null) gaps++;
    else letters.push(one);
    if (letters.length > mostLetters) {
      throw new BridgeError(
        "USAGE",
        `more than ${mostLetters} dead letters match: replay them in parts, such as by --since and --until`,
      );
    }
  }
  return { letters, gaps };
}

/** Returns what goes to standard output. */
async function replay(parts: OperationParts, { letters: found, gaps }: Found, flags: ReplayFlags): Promise<string> {
  const { letters: all, superseded } = planReplay(found);
  const letters = all.slice(0, flags.limit);
  const idle = await idleGroups(
    parts,
    letters.map(({ group }) => group),
  );
  const planned: PlannedReplay = { letters, superseded, gaps, warnings: await checkOrder(parts, letters) };
  say(...plannedLines(planned));
  for (const groupId of idle)
    say(`warning: nobody runs ${groupId} now: its replays wait until a bridge (of this version) does`);
  if (flags.dryRun === true || letters.length === 0) return dryRunText(planned, flags.json === true);
  if (planned.warnings.length > 0 && flags.yes !== true) await confirm();

  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const before = await letterRanges(parts);
    const handed = await writeAll(parts, letters, flags.rate ?? 10, stop.signal);
    const waitMs = flags.waitMs ?? 30_000;
    const watch = { waitMs, before, clock: systemClock, signal: stop.signal };
    const outcome = await watchOutcome(parts, handed.handedOver, watch);
    return conclude(planned, handed, outcome, flags.json === true);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

async function writeAll(
  parts: OperationParts,
  letters: readonly Replayable[],
  rate: number,
  signal: AbortSignal,
): Promise<HandOver> {
  const producer = createRecordProducer(parts.client, { timeoutMs: parts.timeoutMs });
  let saidMs = systemClock.monotonicMs();
  try {
    await producer.connect();
    return await handOver(letters, {
      producer,
      topic: parts.topics.replays,
      read: (at) => readLetter(parts, at),
      rate,
      signal,
      clock: systemClock,
      onProgress: ({ done }) => {
        const nowMs = systemClock.monotonicMs();
        if (nowMs - saidMs < progressEveryMs && done < letters.length) return;
        saidMs = nowMs;
        say(`handed over ${done} of ${letters.length}`);
      },
    });
  } finally {
    await producer.close(parts.timeoutMs);
  }
}

function conclude(planned: PlannedReplay, handed: HandOver, outcome: ReplayOutcome, json: boolean): string {
  const { gone, left } = handed;
  const { delivered, deadAgain, waiting } = outcome;
  const [next] = left;
  if (deadAgain > 0 || next !== undefined) endWith(exitCodes.failed);
  if (next !== undefined) {
    say(
      `stopped: ${left.length} were not handed over, the first of them ${positionText(next.at)}; the others are on their way`,
    );
  }
  if (gone > 0) say(`${gone} are not there any more`);
  if (deadAgain > 0) say(`${deadAgain} died again: \`${ownCommand} dead-letters list\` says why`);
  if (waiting > 0) say(`${waiting} have not ended yet: the bridge goes on with them (\`${ownCommand} groups lag\`)`);
  const { superseded, gaps, warnings } = planned;
  const figures = { handedOver: handed.handedOver.length, delivered, deadAgain, waiting, left: left.length, gone };
  if (json) return `${JSON.stringify({ ...figures, superseded, gaps, outOfOrder: warnings.length })}\n`;
  return `${figures.handedOver} handed over: ${delivered} delivered, ${deadAgain} dead again, ${waiting} not ended yet\n`;
}

function dryRunText(planned: PlannedReplay, json: boolean): string {
  const rows = plannedRows(planned);
  const { superseded, gaps } = planned;
  if (json) return `${JSON.stringify({ letters: rows, superseded, gaps })}\n`;
  return rows.length === 0 ? "" : `${plannedTable(rows)}\n`;
}

/** Throws USAGE where nobody can be asked, or says no. */
async function confirm(): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new BridgeError(
      "USAGE",
      "newer events of a key were delivered: say --yes if the handler can take older ones after them",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of the input close it, and would leave the question open for ever.
  const closed = new AbortController();
  terminal.once("close", () => closed.abort());
  const question = terminal.question("Replay them all the same? [y/N] ", { signal: closed.signal });
  const answer = await question.catch(() => "n");
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new BridgeError("USAGE", "nothing was replayed");
}

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
}

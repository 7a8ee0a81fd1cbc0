import { closeSync, openSync, writeSync } from "node:fs";
import { Command } from "commander";
import { BridgeError, messageOf } from "../../errors.ts";
import { createReader } from "../../kafka/records/reader.ts";
import { jsonOf } from "../../model/json-data.ts";
import { type LetterReading, parsePosition, positionText } from "../../operations/letters.ts";
import { Newest, selectLetters } from "../../operations/select-letters.ts";
import { type ListedLetter, listedLetter, showLetter } from "../../operations/shown-letter.ts";
import { counted } from "../counted.ts";
import { withOperation } from "../operation.ts";
import { count } from "../option-values.ts";
import { type FilterFlags, filterOf, withFilters } from "./flags.ts";
import { letterAt } from "./letter-at.ts";
import { replayCommand } from "./replay.ts";
import { letterText, listTable } from "./text.ts";

/** `dead-letters`: what could not be delivered; to look at, to write down, to deliver again. Nothing here deletes any. */
export function deadLettersCommand(): Command {
  return new Command("dead-letters")
    .description("what could not be delivered: look at it, write it down, deliver it again; nothing is ever deleted")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(exportCommand())
    .addHelpText(
      "after",
      `
Reads KAFKA_BROKERS, SCHEMA_REGISTRY_URL, TOPIC_PREFIX, GROUP_PREFIX. Works without a bridge; a replay waits for one.
Secrets are masked everywhere here; the handler gets them. More: docs/operations.md`,
    );
}

function listCommand(): Command {
  return withFilters(new Command("list"))
    .description("the newest dead letters, newest first")
    .option("--limit <n>", "at most so many [50]", count)
    .option("--json", "print one JSON object")
    .action(async (flags: FilterFlags & { readonly limit?: number; readonly json?: boolean }) => {
      const filter = filterOf(flags, Date.now());
      const newest = new Newest<ListedLetter>(flags.limit ?? 50);
      const unreadable = await withOperation(async (parts) => {
        const found: string[] = [];
        for await (const reading of selectLetters(parts, filter)) {
          if (reading.kind === "letter") newest.add(listedLetter(reading.at, reading.letter));
          else found.push(unreadableText(reading));
        }
        return found;
      });
      const letters = newest.all();
      const matched = newest.added;
      if (flags.json === true) process.stdout.write(`${jsonOf({ letters, matched, unreadable: unreadable.length })}\n`);
      else {
        if (letters.length > 0) process.stdout.write(`${listTable(letters)}\n`);
        process.stderr.write(
          `${counted(matched, "dead letter")} found${matched > letters.length ? `, ${letters.length} shown: --limit` : ""}\n`,
        );
      }
      warnOf(unreadable);
    });
}

function showCommand(): Command {
  return new Command("show")
    .description("one dead letter whole, with its event's data and its attempts; secrets are masked")
    .argument("<position>", "as `dead-letters list` shows it, such as 3/17")
    .option("--json", "print one JSON object")
    .action(async (position: string, flags: { readonly json?: boolean }) => {
      const at = parsePosition(position);
      const shown = await withOperation(async (parts) => {
        const { letter } = await letterAt(parts, at);
        return showLetter(at, letter, createReader({ registry: parts.registry }));
      });
      process.stdout.write(`${flags.json === true ? jsonOf(shown) : letterText(shown)}\n`);
    });
}

function exportCommand(): Command {
  return withFilters(new Command("export"))
    .description("every dead letter that matches as a line of JSON, as `show --json` has it: secrets are masked")
    .option("--limit <n>", "at most so many [all]", count)
    .option("--out <file>", "a new file, readable by its owner alone [standard output]")
    .action(async (flags: FilterFlags & { readonly limit?: number; readonly out?: string }) => {
      const filter = filterOf(flags, Date.now());
      const out = lineWriter(flags.out);
      let written = 0;
      const unreadable: string[] = [];
      try {
        await withOperation(async (parts) => {
          const reader = createReader({ registry: parts.registry });
          for await (const reading of selectLetters(parts, filter)) {
            if (reading.kind === "unreadable") unreadable.push(unreadableText(reading));
            else {
              await out.write(`${jsonOf(await showLetter(reading.at, reading.letter, reader))}\n`);
              if (++written === flags.limit) break;
            }
          }
        });
      } finally {
        out.close();
      }
      process.stderr.write(`${counted(written, "dead letter")} written\n`);
      warnOf(unreadable);
    });
}

interface LineWriter {
  write(line: string): Promise<void>;
  close(): void;
}

/** Throws USAGE when the file cannot be made, or is there already. */
function lineWriter(file: string | undefined): LineWriter {
  if (file === undefined) {
    // Waits for a slow reader instead of holding everything in memory.
    const write = (line: string): Promise<void> =>
      new Promise((resolve) => {
        process.stdout.write(line, () => resolve());
      });
    return { write, close: () => undefined };
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o600);
  } catch (error) {
    throw new BridgeError("USAGE", `--out: ${file} cannot be made: ${messageOf(error)}`, { cause: error });
  }
  const write = (line: string): Promise<void> => Promise.resolve(void writeSync(descriptor, line));
  return { write, close: () => closeSync(descriptor) };
}

function unreadableText({ at, detail }: Extract<LetterReading, { kind: "unreadable" }>): string {
  return `${positionText(at)}: ${detail}`;
}

function warnOf(unreadable: readonly string[]): void {
  const [first] = unreadable;
  if (first !== undefined) {
    process.stderr.write(
      `warning: ${unreadable.length} records of the topic are no dead letters, the first: ${first}\n`,
    );
  }
}

import { sequenceOf } from "../../model/record.ts";
import { positionText } from "../../operations/letters.ts";
import type { OrderWarning } from "../../operations/newer-events.ts";
import type { Replayable } from "../../operations/replay-plan.ts";
import { keyText } from "../../operations/shown-letter.ts";
import { counted } from "../counted.ts";
import { renderTable } from "../table.ts";

/** What a replay is about to do. */
export interface PlannedReplay {
  readonly letters: readonly Replayable[];
  readonly superseded: number;
  /** Letters that hold no record. */
  readonly gaps: number;
  readonly warnings: readonly OrderWarning[];
}

const shownWarnings = 10;

/** What would happen, as the rows of a table and as JSON. */
export function plannedRows({ letters, warnings }: PlannedReplay): readonly PlannedRow[] {
  const newer = new Map(warnings.map((warning) => [warning.letter, warning]));
  return letters.map((letter) => {
    const { at, group, handler, deadAtMs, record } = letter;
    const key = record.key === null ? null : keyText(Buffer.from(record.key, "latin1"));
    return {
      position: positionText(at),
      deadAt: new Date(deadAtMs).toISOString(),
      group,
      handler,
      key,
      sequence: sequenceOf(record),
      order: orderText(newer.get(letter)),
    };
  });
}

interface PlannedRow {
  readonly position: string;
  readonly deadAt: string;
  readonly group: string;
  readonly handler: string | null;
  readonly key: string | null;
  readonly sequence: string;
  /** Null: nothing newer of its key stands in the log. */
  readonly order: string | null;
}

export function plannedTable(rows: readonly PlannedRow[]): string {
  return renderTable(
    ["position", "died", "group", "handler", "key", "record", "order"],
    rows.map(({ position, deadAt, group, handler, key, sequence, order }) => [
      position,
      deadAt,
      group,
      handler ?? "every one",
      key ?? "-",
      sequence,
      order ?? "",
    ]),
  );
}

/** One line a fact, for standard error. */
export function plannedLines({ letters, superseded, gaps, warnings }: PlannedReplay): readonly string[] {
  const lines = [...Map.groupBy(letters, ({ group, handler }) => `${group}: ${handler ?? "every handler"}`)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([to, own]) => `  ${own.length} to ${to}`);
  lines.unshift(`${counted(letters.length, "dead letter")} to replay`);
  if (superseded > 0) lines.push(`  ${superseded} left out: their delivery has a newer letter, which goes instead`);
  if (gaps > 0) lines.push(`  ${gaps} left out: they name records that are gone, and hold none`);
  return [...lines, ...warningLines(warnings)];
}

function warningLines(warnings: readonly OrderWarning[]): readonly string[] {
  if (warnings.length === 0) return [];
  const shown = warnings.slice(0, shownWarnings).map((warning) => {
    const { at, handler, record } = warning.letter;
    const key = record.key === null ? "" : ` (key ${keyText(Buffer.from(record.key, "latin1")) ?? ""})`;
    return `  ${positionText(at)} to ${handler ?? "every handler"}${key}: ${orderText(warning) ?? ""}`;
  });
  const more = warnings.length - shown.length;
  return [
    `warning: ${warnings.length} of them would arrive after newer events of their key, and may undo what those did:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more: --dry-run shows them`] : []),
  ];
}

function orderText(warning: OrderWarning | undefined): string | null {
  if (warning === undefined) return null;
  const { newer, letter } = warning;
  if (newer === null) return "not known: too much stands behind it to look through";
  return `${newer.type ?? "an event"} is newer (${sequenceOf({ ...letter.record, offset: newer.offset })})`;
}

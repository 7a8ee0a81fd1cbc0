import { jsonOf } from "../../model/json-data.ts";
import type { ListedLetter, ShownLetter } from "../../operations/shown-letter.ts";
import { printable } from "../printable.ts";
import { pageWidth, renderTable } from "../table.ts";

const longestDetail = 120;

export function listTable(letters: readonly ListedLetter[]): string {
  return renderTable(
    ["position", "died", "group", "handler", "event", "key", "object", "reason", "detail"],
    letters.map(({ position, deadAt, group, handler, event, key, objectId, reason, detail }) => [
      position,
      deadAt.replace(/\.\d+Z$/, "Z"),
      group,
      handler ?? "-",
      event ?? "-",
      key ?? "-",
      objectId ?? "-",
      reason,
      printable(detail.length > longestDetail ? `${detail.slice(0, longestDetail)}...` : detail),
    ]),
  );
}

/** One letter whole, for people. */
export function letterText(letter: ShownLetter): string {
  const lines = [
    `dead letter ${letter.position}, died ${letter.deadAt}`,
    `  group     ${letter.group}`,
    `  handler   ${letter.handler ?? "none was reached"}`,
    `  event     ${letter.event ?? "unknown"}`,
    `  object    ${letter.objectId ?? "none"}`,
    `  key       ${letter.key ?? "none"}`,
    `  reason    ${letter.reason}: ${letter.detail}`,
    `  record    ${letter.sequence}${letter.recordedAt === null ? "" : `, of ${letter.recordedAt}`}`,
  ];
  for (const [name, value] of Object.entries(letter.headers)) lines.push(`  header    ${name}: ${value}`);
  if (letter.value === null) lines.push("  value     none");
  else lines.push(`  value     ${letter.value.bytes} bytes, SHA-256 ${letter.value.sha256}`);
  if (letter.data !== null) lines.push("  data      (secrets masked)", indented(jsonOf(letter.data, 2)));
  else lines.push(`  data      not shown, as it cannot be read: ${letter.unread ?? ""}`);
  if (letter.attempts.length > 0) lines.push("  attempts", indented(attemptTable(letter)));
  return lines.map((line) => line.split("\n").map(printable).join("\n")).join("\n");
}

function attemptTable({ attempts }: ShownLetter): string {
  const page = pageWidth();
  return renderTable(
    ["number", "at", "ms", "failure", "detail"],
    attempts.map(({ number, at, ms, kind, status, exit, detail }) => [
      String(number),
      at,
      String(ms),
      status !== null ? `${kind} ${status}` : exit !== null ? `${kind} ${exit}` : kind,
      detail,
    ]),
    page === null ? null : page - indent.length,
  );
}

const indent = "    ";

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `${indent}${line}`)
    .join("\n");
}

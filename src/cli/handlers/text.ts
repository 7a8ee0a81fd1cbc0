import { styleText } from "node:util";
import { differencesOf, type KeyDifference } from "../../handlers/definition-diff.ts";
import { renderTable } from "../table.ts";
import type { ListedHandler } from "./listed.ts";
import type { ApplyPlan, PlannedChange } from "./plan.ts";
import type { RegisteredVersion } from "./registered.ts";

const headings = ["handler", "revision", "priority", "stage", "status", "task", "group", "events"];

export function handlersTable(handlers: readonly ListedHandler[]): string {
  const rows = handlers.map(({ id, revision, priority, stage, status, task, group, mode, events }) => [
    id,
    String(revision),
    String(priority),
    mode === null || mode === "enforce" ? stage : `${stage} (${mode})`,
    status,
    task,
    // Unless it states one, a handler's group has its own id.
    group === id ? "" : (group ?? ""),
    events.join(" "),
  ]);
  return renderTable(headings, rows);
}

/** `+ crm`, and each key that differs. */
export function planText({ changes, unchanged, left }: ApplyPlan): string {
  const lines = changes.flatMap(changeLines);
  if (unchanged.length > 0) lines.push(`  unchanged: ${unchanged.join(", ")}`);
  if (left.length > 0) lines.push(`  not in the file, and kept (--prune deletes them): ${left.join(", ")}`);
  return lines.join("\n");
}

const signs = { create: "+", update: "~", delete: "-" } as const;
const colours = { create: "green", update: "yellow", delete: "red" } as const;

export function changeLines({ kind, id, change, differences }: PlannedChange): string[] {
  const built = change.base === null ? "" : ` (revision ${change.base})`;
  const head = coloured(colours[kind], `${signs[kind]} ${kind} ${id}${built}`);
  return [head, ...(kind === "delete" ? [] : differences.map((one) => `    ${differenceText(one)}`))];
}

export function differenceText({ key, from, to }: KeyDifference): string {
  if (from === null) return `${key}: ${to ?? ""}`;
  if (to === null) return `${key}: ${from} -> (gone)`;
  return from === to ? `${key}: ${from} -> another, in what is masked` : `${key}: ${from} -> ${to}`;
}

/** Newest first, each with the keys in which it differs from the one before. */
export function historyTable(versions: readonly RegisteredVersion[], limit: number): string {
  const rows = versions.slice(0, limit).map(({ revision, write, definition }, at) => {
    const former = versions[at + 1]?.definition ?? null;
    const differences = definition === null ? [] : differencesOf(former, definition);
    const changes = former === null ? differences.filter(({ key }) => key !== "id") : differences;
    return [
      String(revision),
      minuteOf(write.at),
      write.by,
      write.action,
      write.note ?? "",
      definition === null ? "(deleted)" : changes.map(differenceText).join("\n"),
    ];
  });
  return renderTable(["revision", "at (UTC)", "by", "action", "note", "changes"], rows);
}

export function minuteOf(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

/** On a terminal only, and where NO_COLOR does not say otherwise. */
export function coloured(colour: "green" | "yellow" | "red", text: string): string {
  return styleText(colour, text, { stream: process.stdout, validateStream: true });
}

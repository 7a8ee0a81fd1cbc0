import type { Command } from "commander";
import type { LetterFilter } from "../../operations/letter-filter.ts";
import { parseTime } from "../../operations/reset-target.ts";

/** The filters that list, export and replay share. */
export interface FilterFlags {
  readonly group?: string;
  readonly handler?: string;
  readonly event?: string;
  readonly objectId?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly until?: string;
}

export function withFilters(command: Command): Command {
  return command
    .option("--group <group>", "of this handler group")
    .option("--handler <id>", "for this handler")
    .option("--event <event id>", "such as clients.update; aliases too")
    .option("--object-id <id>", "about this object")
    .option("--key <key>", "of this record key: the client's id")
    .option("--reason <reason>", "such as rejected, gone, too-old, undecodable, gap")
    .option("--since <time>", "died since: 2026-11-17T08:00:00Z, 2026-11-17 or 30m, 12h, 7d ago")
    .option("--until <time>", "died before");
}

/** Throws USAGE for a time that is none. */
export function filterOf(flags: FilterFlags, nowMs: number): LetterFilter {
  const { since, until, group, handler, event, objectId, key, reason } = flags;
  return {
    ...(group === undefined ? {} : { group }),
    ...(handler === undefined ? {} : { handler }),
    ...(event === undefined ? {} : { event }),
    ...(objectId === undefined ? {} : { objectId }),
    ...(key === undefined ? {} : { key }),
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { sinceMs: parseTime("--since", since, nowMs) }),
    ...(until === undefined ? {} : { untilMs: parseTime("--until", until, nowMs) }),
  };
}

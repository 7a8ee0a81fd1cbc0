import type { AuditEntry, AuditQuery } from "../../admin/contract/flow.ts";
import type { AuditTrail, Page } from "../../admin/ports.ts";
import { BridgeError } from "../../errors.ts";
import type { Logger } from "../../model/logger.ts";

const mostKept = 2000;

/** What was done and refused: a log line each, and the last two thousand in memory. */
export class LoggedAudit implements AuditTrail {
  readonly #instance: string;
  readonly #logger: Logger;
  /** Oldest first; the number of the first one is `#first`. */
  readonly #entries: AuditEntry[] = [];
  #first = 0;

  constructor(instance: string, logger: Logger) {
    this.#instance = instance;
    this.#logger = logger;
  }

  record(told: Omit<AuditEntry, "instance">): void {
    const entry = { ...told, instance: this.#instance };
    if (entry.outcome === "done") this.#logger.info({ audit: entry }, "changed by the admin interface");
    else this.#logger.warn({ audit: entry }, "refused by the admin interface");
    this.#entries.push(entry);
    if (this.#entries.length <= mostKept) return;
    this.#entries.shift();
    this.#first++;
  }

  entries({ by, text, since, until, limit = 50, cursor }: AuditQuery): Promise<Page<AuditEntry>> {
    const before = cursor === undefined ? Infinity : numberOf(cursor);
    const items: AuditEntry[] = [];
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at];
      const number = this.#first + at;
      if (entry === undefined || number >= before) continue;
      if (by !== undefined && entry.by !== by) continue;
      if (text !== undefined && !holds(entry, text)) continue;
      if (since !== undefined && Date.parse(entry.at) < Date.parse(since)) continue;
      if (until !== undefined && Date.parse(entry.at) >= Date.parse(until)) continue;
      if (items.length === limit) return Promise.resolve({ items, next: String(number + 1) });
      items.push(entry);
    }
    return Promise.resolve({ items, next: null });
  }
}

function holds({ action, target, outcome }: AuditEntry, text: string): boolean {
  return [action, target ?? "", outcome].some((part) => part.toLowerCase().includes(text.toLowerCase()));
}

function numberOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new BridgeError("USAGE", "the cursor is not one that a page named as `next`");
}

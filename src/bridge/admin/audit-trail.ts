import type { AuditQuery } from "../../admin/contract/audit.ts";
import type { AuditTrail, Page } from "../../admin/ports.ts";
import { BridgeError } from "../../errors.ts";
import { createRecordProducer } from "../../kafka/produce/producer.ts";
import { openAuditWriter } from "../../kafka/records/audit-codec.ts";
import type { AuditEntry } from "../../model/audit-entry.ts";
import type { Clock } from "../../model/clock.ts";
import type { Logger } from "../../model/logger.ts";
import { auditPage } from "../../operations/audit-page.ts";
import type { OperationParts } from "../../operations/letters.ts";
import { acknowledgeMs, BestEffortLog } from "../best-effort-log.ts";
import { RefusalLimit } from "./refusal-limit.ts";

/** Somebody who tries tokens all day must not fill memory. */
const bounds = { maxWaiting: 5000, maxWaitingBytes: 4 * 1024 * 1024, maxOut: 256 } as const;

/**
 * What was done and refused: a line in the log of this process, whatever happens, and a record that everybody sees. Of those
 * who are refused without being known some hundred a minute; of the others the log tells the number.
 */
export class KafkaAudit implements AuditTrail {
  readonly #instance: string;
  readonly #logger: Logger;
  readonly #parts: OperationParts;
  readonly #log: BestEffortLog<AuditEntry>;
  readonly #limit: RefusalLimit;

  constructor(instance: string, parts: OperationParts, clock: Clock, logger: Logger) {
    this.#instance = instance;
    this.#logger = logger;
    this.#parts = parts;
    const topic = parts.topics.audit;
    this.#limit = new RefusalLimit(clock, (count) => logger.warn({ count }, "so many more were refused, and not told"));
    this.#log = new BestEffortLog<AuditEntry>({
      ...{ clock, logger, topic, ...bounds },
      producer: createRecordProducer(parts.client, { timeoutMs: acknowledgeMs }),
      onDropped: () => undefined,
      complaint: "the audit log is not written to its topic: its lines stand in this log alone",
      open: async () => {
        const writer = await openAuditWriter(parts.registry, topic);
        return (entry) => ({ key: entry.action, value: writer.encode(entry) });
      },
    });
  }

  start(): void {
    this.#log.start();
  }

  record(told: Omit<AuditEntry, "instance">): void {
    const entry = { ...told, instance: this.#instance };
    if (entry.outcome !== "done" && entry.role === null && !this.#limit.takes()) return;
    if (entry.outcome === "done") this.#logger.info({ audit: entry }, "changed by the admin interface");
    else this.#logger.warn({ audit: entry }, "refused by the admin interface");
    this.#log.write(() => entry);
  }

  async entries({ limit = 50, cursor, ...query }: AuditQuery): Promise<Page<AuditEntry>> {
    const before = cursor === undefined ? null : offsetOf(cursor);
    const { items, next } = await auditPage(this.#parts, (entry) => isMeant(entry, query), { limit, before });
    return { items, next: next === null ? null : String(next) };
  }

  /** Writes what waits; bounded. Idempotent. */
  stop(ms: number): Promise<void> {
    this.#limit.close();
    return this.#log.stop(ms);
  }
}

function isMeant(entry: AuditEntry, { by, text, since, until }: Omit<AuditQuery, "limit" | "cursor">): boolean {
  if (by !== undefined && entry.by !== by) return false;
  const atMs = Date.parse(entry.at);
  if (since !== undefined && atMs < Date.parse(since)) return false;
  if (until !== undefined && atMs >= Date.parse(until)) return false;
  if (text === undefined) return true;
  const { action, target, outcome } = entry;
  return [action, target ?? "", outcome].some((part) => part.toLowerCase().includes(text.toLowerCase()));
}

function offsetOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new BridgeError("USAGE", "the cursor is not one that a page named as `next`");
}

import type { StoredDeadLetter } from "../../../src/kafka/records/dead-letter-codec.ts";
import type { InboundRecord } from "../../../src/model/record.ts";
import type { FiledLetter } from "../../../src/operations/letters.ts";
import type { Replayable } from "../../../src/operations/replay-plan.ts";

export const diedMs: number = Date.UTC(2026, 10, 17, 8);

/** A dead letter of the handler `crm` of the group `main`. */
export function letter(more: Partial<StoredDeadLetter> = {}, record: Partial<InboundRecord> = {}): StoredDeadLetter {
  return {
    group: "main",
    handler: "crm",
    reason: "rejected",
    detail: "status 400",
    eventId: "clients.update",
    attempts: [],
    deadAt: new Date(diedMs).toISOString(),
    ...more,
    record: {
      topic: "billing.clients",
      partition: 0,
      offset: 1,
      timestampMs: diedMs - 1000,
      key: Buffer.from("12"),
      value: Buffer.from([0]),
      headers: { ce_type: Buffer.from("clients.update"), ce_subject: Buffer.from("12") },
      ...record,
    },
  };
}

export function filed(at: string, of: StoredDeadLetter = letter()): FiledLetter {
  const [partition = 0, offset = 0] = at.split("/").map(Number);
  return { at: { partition, offset }, letter: of };
}

/** What goes back: an offset of a key, which died at `diedMs` and so many milliseconds. */
export function going(
  at: string,
  key: string | null,
  offset: number,
  more: Partial<Replayable> & { atMs?: number } = {},
): Replayable {
  const { atMs = 0, ...rest } = more;
  return {
    at: filed(at).at,
    group: "main",
    handler: "crm",
    deadAtMs: diedMs + atMs,
    record: { topic: "billing.clients", partition: 0, offset, key },
    ...rest,
  };
}

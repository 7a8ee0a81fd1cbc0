import { requestHeaders } from "../../../src/kafka/records/headers.ts";
import type { OutboundRecord } from "../../../src/model/record.ts";

const value = Buffer.alloc(300, "x");

/** A request as the billing client sends it: some 300 bytes and all headers of one. `number` from 0. */
export function requestRecord(topic: string, number: number): OutboundRecord {
  const correlationId = Buffer.alloc(16);
  correlationId.writeUInt32BE(number);
  const id = `5f0c6b1e-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const headers = requestHeaders({
    id,
    type: "clients.update",
    source: "/bench/core",
    time: "2026-01-01T00:00:00.000Z",
    subject: String(number % 10_000),
    correlationId,
    replyTopic: "billing.verdicts",
    replyPartition: 3,
    operationId: id,
    attempt: 1,
    deadlineMs: 1_767_225_600_800,
    budgetMs: 800,
  });
  return { topic, key: String(number % 10_000), value, headers };
}

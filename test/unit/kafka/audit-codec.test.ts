import assert from "node:assert/strict";
import { test } from "node:test";
import { createAvroRecord } from "../../../src/kafka/codec/avro-record.ts";
import { openAuditWriter, readAuditEntry } from "../../../src/kafka/records/audit-codec.ts";
import { auditSchema } from "../../../src/kafka/registry/schemas.ts";
import type { AuditEntry } from "../../../src/model/audit-entry.ts";

const record = createAvroRecord(4, auditSchema.text);
const registry = {
  recordBySchema: () => Promise.resolve(record),
  recordById: () => Promise.resolve({ kind: "record" as const, record }),
};

test("an entry of the audit log is read as it was written, whatever is not known of it", async () => {
  const known: AuditEntry = {
    ...{ at: "2026-01-01T00:00:00.000Z", by: "olga", role: "operator", action: "PUT /api/handlers/:id", target: "crm" },
    ...{ outcome: "done", address: "127.0.0.1", instance: "one" },
  };
  const unknown: AuditEntry = {
    ...known,
    by: null,
    role: null,
    target: null,
    address: null,
    outcome: "UNAUTHENTICATED",
  };
  const writer = await openAuditWriter(registry, "p.audit");
  for (const entry of [known, unknown]) {
    assert.deepEqual(await readAuditEntry(registry, writer.encode(entry)), { kind: "entry", entry });
  }
  const other = await readAuditEntry(registry, Buffer.from("not ours"));
  assert.equal(other.kind, "unreadable");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { KafkaAudit } from "../../../src/bridge/admin/audit-trail.ts";
import { createKafkaClient } from "../../../src/kafka/connection/client.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Never connected to: nothing is written before the schema is open. */
const kafka = {
  ...{ brokers: ["127.0.0.1:1"], clientId: "test", tls: null, sasl: null },
  ...{ connectionTimeoutMs: 1000, requestTimeoutMs: 1000 },
};

test("whoever is refused all day without being known does not fill the audit log, and hides nobody who is known", async () => {
  const clock = new FakeClock();
  const lines: { readonly audit?: { readonly by: string | null }; readonly count?: number }[] = [];
  const logger = {
    ...silentLogger,
    info: (fields: object) => void lines.push(fields),
    warn: (fields: object) => void lines.push(fields),
  };
  const parts = {
    client: createKafkaClient(kafka, silentLogger),
    ...{ registry: {}, reader: {}, topics: { audit: "p.audit" }, groupPrefix: "p", timeoutMs: 1000 },
  };
  const audit = new KafkaAudit("one", parts as unknown as ConstructorParameters<typeof KafkaAudit>[1], clock, logger);
  const entry = { at: "2026-01-01T00:00:00.000Z", action: "GET /api/handlers", target: null, address: "192.0.2.1" };
  const refused = { ...entry, by: null, role: null, outcome: "UNAUTHENTICATED" };
  for (let count = 0; count < 100_000; count++) audit.record(refused);
  audit.record({ ...entry, by: "vera", role: "viewer", outcome: "FORBIDDEN" });
  audit.record({ ...entry, by: "olga", role: "operator", outcome: "done" });
  const told = lines.filter((line) => line.audit !== undefined);
  assert.equal(told.length, 602);
  assert.deepEqual(
    told.slice(-2).map((line) => line.audit?.by),
    ["vera", "olga"],
  );
  await clock.advance(60_000);
  audit.record(refused);
  assert.deepEqual(
    lines.slice(-2).map(({ audit: one, count }) => one?.by ?? count ?? null),
    [99_400, null],
  );
});

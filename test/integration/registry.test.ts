import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createRegistry } from "../../src/kafka/registry/registry.ts";
import { registrations } from "../../src/kafka/registry/schemas.ts";
import { topicNames } from "../../src/model/topics.ts";

const url = process.env["SCHEMA_REGISTRY_URL"] ?? "";
const settings = { url, username: null, password: null, timeoutMs: 10_000 };
const all = registrations(topicNames(`t${randomUUID().slice(0, 8)}`));

interface RawSchema {
  fields: object[];
}

test("every schema is registered once, fully transitive, and comes back with its annotations", async () => {
  const registry = createRegistry(settings);
  for (const { subject, schema } of all) assert.equal(await registry.register(subject, schema.text), "registered");
  for (const { subject, schema } of all) assert.equal(await registry.register(subject, schema.text), "unchanged");

  const other = createRegistry(settings);
  for (const { subject, schema } of all) {
    const config = (await (await fetch(`${url}/config/${subject}`)).json()) as { compatibilityLevel: string };
    assert.equal(config.compatibilityLevel, "FULL_TRANSITIVE");
    if (schema.entity === null) continue;
    const codec = await registry.codecBySchema(subject, schema.text);
    const lookup = await other.codecById(codec.schemaId);
    assert.ok(lookup.kind === "codec");
    assert.deepEqual(lookup.codec.shape, codec.shape);
  }
});

test("every schema may lose any optional field and gain one, and no other change is accepted", async () => {
  const registry = createRegistry(settings);
  for (const { subject, schema } of all) {
    await registry.register(subject, schema.text);
    const changed = (change: (raw: RawSchema) => void): string => {
      const raw = JSON.parse(schema.text) as RawSchema;
      change(raw);
      return JSON.stringify(raw);
    };
    const fewer = changed((raw) => (raw.fields = raw.fields.filter((field) => !("default" in field))));
    const more = changed((raw) => raw.fields.push({ name: "later", type: ["null", "string"], default: null }));
    assert.equal(await registry.register(subject, more), "registered");
    assert.equal(await registry.register(subject, fewer), "registered");
    const broken = changed((raw) => raw.fields.push({ name: "required", type: "string" }));
    await assert.rejects(registry.register(subject, broken), { code: "SCHEMA_REFUSED" });
  }
});

test("an id nobody registered is unknown, a schema nobody registered is not set up", async () => {
  const registry = createRegistry(settings);
  assert.deepEqual(await registry.codecById(2_000_000_000), { kind: "unknown" });
  const [first] = all;
  assert.ok(first);
  await assert.rejects(registry.codecBySchema(`never-${first.subject}`, first.schema.text), { code: "NOT_SET_UP" });
  assert.deepEqual(await registry.ping(5000), { kind: "reachable" });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { type AvroField, type AvroRecordType, parseSchema } from "../../../src/kafka/codec/avro-schema.ts";
import { changedFields } from "../../../src/kafka/codec/shape.ts";
import { registrations, schemaOfEvent, shapeOfEvent } from "../../../src/kafka/registry/schemas.ts";
import { type EventType, eventCatalogue, findEventType } from "../../../src/model/event-catalogue.ts";
import { fieldOf } from "../../../src/model/record-shape.ts";
import { topicNames } from "../../../src/model/topics.ts";

const folder = new URL("../../../schemas/", import.meta.url);
const known = (id: string): EventType => {
  const type = findEventType(id);
  assert.ok(type);
  return type;
};
const recordOf = (id: string): AvroRecordType => parseSchema(schemaOfEvent(known(id)).text);
const shapeOfId = (id: string) => shapeOfEvent(known(id));
const attributes = new Set([
  "name",
  "type",
  "doc",
  "default",
  "nullable",
  "secret",
  "role",
  "minimum",
  "maximum",
  "maxLength",
  "oneOf",
]);

interface RawField {
  readonly name: string;
  readonly type: unknown;
}
/** Every field of a schema, those of nested records too, as it stands in the file. */
function rawFields(schema: unknown): readonly RawField[] {
  if (typeof schema !== "object" || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(rawFields);
  const { fields = [], items, type } = schema as { fields?: readonly RawField[]; items?: unknown; type?: unknown };
  return [...fields, ...fields.flatMap((field) => rawFields(field.type)), ...rawFields(items), ...rawFields(type)];
}

suite("every schema file", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".avsc"));
  test("is one of an event of the catalogue, of a verdict, of a dead letter, of a parked record, of a heartbeat, of a status, of a decision, of an execution, of the audit log or of a change of handlers", () => {
    const expected = eventCatalogue.map(({ entity, record }) => `${entity}/${record}.avsc`);
    const own = [
      "verdicts/Verdict.avsc",
      "dead-letters/DeadLetter.avsc",
      "parked/ParkedRecord.avsc",
      "bridges/BridgeHeartbeat.avsc",
      "instances/InstanceStatus.avsc",
      "decisions/Decision.avsc",
      "handlers/HandlerWrite.avsc",
      "executions/Execution.avsc",
      "audit/AuditEntry.avsc",
    ];
    assert.deepEqual(files.sort(), [...expected, ...own].sort());
  });
  for (const file of files) {
    test(`${file} is named as its record, documents every field and knows no other attribute`, () => {
      const schema = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { name: string; namespace: string };
      assert.equal(file.split("/")[1], `${schema.name}.avsc`);
      assert.equal(schema.namespace, "provisioning");
      for (const field of rawFields(schema)) {
        assert.match(String((field as { doc?: unknown }).doc), /^[A-Zu].*\.$/, `${file} ${field.name}`);
        for (const attribute of Object.keys(field)) assert.ok(attributes.has(attribute), `${field.name}.${attribute}`);
      }
    });
  }
});

suite("every event's record", () => {
  for (const { id, before, action } of eventCatalogue) {
    test(`${id} has one id and room for a vendor's attributes`, () => {
      const { fields } = shapeOfId(id);
      assert.equal(fields.filter((field) => field.role === "id").length, 1);
      assert.deepEqual(recordOf(id).fields.find((field) => field.name === "extra")?.default, { json: {} });
      const objectId = fields.find((field) => field.role === "id");
      assert.equal(
        objectId?.nullable,
        action === "create",
        "an object has no id before it is created, and one ever after",
      );
    });
    test(`${id} has decimals of one form`, () => {
      for (const { name, type } of shapeOfId(id).fields) {
        if (type.kind === "decimal") assert.deepEqual(type, { kind: "decimal", precision: 28, scale: 10 }, name);
      }
    });
    test(`${id} can be registered wherever it travels`, () => {
      const subjects = registrations(topicNames("p")).filter(({ schema }) => schema.record === known(id).record);
      assert.equal(subjects.length, before ? 2 : 1);
    });
  }
});

suite("an update has the fields of its create, each of which may be absent", () => {
  const bare = ({ name, type, doc, attributes: all }: AvroField) => {
    const own = new Set(["default", "nullable", "type"]);
    const rest = Object.entries(all).filter(([attribute]) => !own.has(attribute));
    return {
      name,
      doc,
      rest,
      type: type.kind === "union" ? type : { kind: "union", branches: [{ kind: "null" }, type] },
    };
  };
  for (const object of ["clients", "clients.accounts"]) {
    test(object, () => {
      const always = new Set(["id", "extra", changedFields, "custom_fields"]);
      const created = recordOf(`${object}.create`).fields.filter(({ name }) => !always.has(name));
      const updated = recordOf(`${object}.update`).fields.filter(({ name }) => !always.has(name));
      assert.deepEqual(updated.map(bare), created.map(bare));
      const shape = shapeOfId(`${object}.create`);
      for (const field of updated) {
        assert.deepEqual(field.default, { json: null });
        assert.equal(field.attributes["nullable"] === true, fieldOf(shape, field.name)?.nullable, field.name);
      }
    });
  }
});

test("the password is the only secret, wherever it travels", () => {
  const secrets = eventCatalogue.flatMap(({ id }) =>
    shapeOfId(id)
      .fields.filter((field) => field.secret)
      .map((field) => `${id} ${field.name}`),
  );
  assert.deepEqual(secrets, ["clients.accounts.create password", "clients.accounts.update password"]);
});

test("every key that says whose the object is, every balance and every time of record has its role", () => {
  for (const { id } of eventCatalogue) {
    for (const field of shapeOfId(id).fields) {
      const tenant =
        ["clients_id", "companies_id", "accounts_id", "packages_id"].includes(field.name) && field.role !== "id";
      if (tenant) assert.equal(field.role, "tenant", `${id} ${field.name}`);
      if (["c_dt", "renew_due", "period"].includes(field.name))
        assert.equal(field.role, "record-time", `${id} ${field.name}`);
    }
  }
  const balance = shapeOfId("clients.balance_zero").fields.filter((field) => field.role === "balance");
  assert.deepEqual(
    balance.map((field) => field.name),
    ["balance", "balance_accountant", "credit", "available"],
  );
});

test("the generated files are those the schemas generate", () => {
  execFileSync(process.execPath, [new URL("../../../scripts/generate.ts", import.meta.url).pathname, "--check"]);
});

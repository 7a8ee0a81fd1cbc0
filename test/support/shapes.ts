import { BridgeError } from "../../src/errors.ts";
import { type Data, sameValue } from "../../src/model/data.ts";
import type { BridgeEvent } from "../../src/model/event.ts";
import type { Recode } from "../../src/model/reading.ts";
import type { Field, FieldType, RecordShape } from "../../src/model/record-shape.ts";

/** Shapes and events of unit tests: small, and with a field of every kind and role. */

export function field(name: string, type: FieldType, options: Partial<Omit<Field, "name" | "type">> = {}): Field {
  return { name, type, nullable: false, secret: false, role: "plain", ...options };
}

const money: FieldType = { kind: "decimal", precision: 18, scale: 4 };

export const clientUpdateShape: RecordShape = {
  record: "ClientsUpdate",
  sparse: true,
  fields: [
    field("id", { kind: "long" }, { role: "id" }),
    field("companies_id", { kind: "long" }, { role: "tenant", nullable: true }),
    field("balance", money, { role: "balance", nullable: true }),
    field("c_dt", { kind: "string" }, { role: "record-time", nullable: true }),
    field("name", { kind: "string", maxLength: 20 }),
    field("status", { kind: "string", oneOf: ["active", "disabled", "archive"] }),
    field("credit", money, { minimum: "-999999", maximum: "999999" }),
    field("orig_capacity", { kind: "int" }, { nullable: true, minimum: "0" }),
    field("big", { kind: "long" }, { nullable: true }),
    field("enabled", { kind: "boolean" }),
    field("notes", { kind: "string" }, { nullable: true }),
    field("password", { kind: "string" }, { nullable: true, secret: true }),
    field("tags", { kind: "list", items: { kind: "string" } }),
    field("custom_fields", { kind: "map", values: { kind: "string" }, nullableValues: true }),
    field("extra", { kind: "map", values: { kind: "string" }, nullableValues: false }),
    field(
      "period",
      {
        kind: "record",
        fields: [
          field("id", { kind: "long" }, { role: "id" }),
          field("start_dt", { kind: "string" }),
          field("stop_dt", { kind: "string" }, { nullable: true }),
        ],
      },
      { nullable: true },
    ),
    field("fees", {
      kind: "list",
      items: { kind: "record", fields: [field("name", { kind: "string" }), field("rate", money)] },
    }),
  ],
};

/** A whole update: every field is there. */
export const fullUpdate: Data = {
  id: 12,
  companies_id: 3,
  balance: "-4.5",
  c_dt: "2026-01-01T00:00:00+00:00",
  name: "Acme",
  status: "active",
  credit: "100.5",
  orig_capacity: 30,
  big: 9007199254740993n,
  enabled: true,
  notes: null,
  password: "s3cret",
  tags: ["vip", "eu"],
  custom_fields: { kam: "Eve", region: null },
  extra: { vendor_key: '{"a":1}' },
  period: { id: 7, start_dt: "2026-01-01", stop_dt: null },
  fees: [{ name: "monthly", rate: "9.99" }],
};

export function eventOf(data: Data, options: Partial<BridgeEvent> = {}): BridgeEvent {
  return {
    id: "clients.update",
    type: "clients.update",
    ceId: "event-1",
    source: "/core",
    time: "2026-01-01T00:00:00+00:00",
    objectId: "12",
    traceparent: undefined,
    shape: clientUpdateShape,
    data,
    ...options,
  };
}

/** A codec that keeps what fits: the value is not Avro, but it round-trips. */
export const faithfulRecode: Recode = (data) => ({
  data: structuredClone(data),
  value: Buffer.from(JSON.stringify(data, (_key, item: unknown) => (typeof item === "bigint" ? `${item}n` : item))),
});

/** A codec that refuses whatever differs from `known`. */
export function recodeOnly(known: Data): Recode {
  return (data) => {
    if (!sameValue(data, known)) throw new BridgeError("DATA_INVALID", "secret value s3cret does not fit");
    return { data, value: Buffer.from("known") };
  };
}

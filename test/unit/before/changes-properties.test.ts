import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Judgement, judgeChanges } from "../../../src/before/changes.ts";
import { type Json, JsonNumber, type JsonObject } from "../../../src/model/answer.ts";
import { renderData } from "../../../src/model/body.ts";
import { type Data, sameValue, type Value, type ValueMap } from "../../../src/model/data.ts";
import type { FieldRule } from "../../../src/model/handler.ts";
import { isNeverMutable, ruleFor } from "../../../src/model/may-change.ts";
import { clientUpdateShape, faithfulRecode, fullUpdate } from "../../support/shapes.ts";

const names = clientUpdateShape.fields.map((field) => field.name);

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, "", "Acme", "active", "disabled", "vip", "x".repeat(30), "9.99", "[1]"),
  fc.integer({ min: -5, max: 200 }).map((n) => new JsonNumber(String(n))),
  fc.constantFrom("100.50", "100.5", "1e3", "9007199254740993", "1e9999", "-0.0").map((n) => new JsonNumber(n)),
  fc.integer({ min: -5, max: 200 }).map(String),
  fc.string({ unit: "binary", maxLength: 5 }),
);
const keys = fc.oneof(
  fc.constantFrom("kam", "region", "vendor_key", "id", "start_dt", "stop_dt", "name", "rate"),
  fc.string({ maxLength: 4 }),
);
const anyJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  { weight: 2, arbitrary: fc.dictionary(keys, leaf, { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.dictionary(keys, leaf, { maxKeys: 3 }), { maxLength: 2 }) },
);
/** Mostly what fits the field, so that many answers get past the shape. */
const fitting: Readonly<Record<string, readonly Json[]>> = {
  id: [new JsonNumber("12"), new JsonNumber("13")],
  companies_id: [new JsonNumber("3"), new JsonNumber("4"), null],
  balance: ["-4.5", "0", null],
  c_dt: ["2027-01-01", null],
  name: ["Acme", "Other"],
  status: ["active", "disabled"],
  credit: ["100.50", "99", "101", new JsonNumber("50")],
  orig_capacity: [new JsonNumber("30"), "29", new JsonNumber("50"), null],
  big: ["9007199254740993", new JsonNumber("9007199254740992"), null],
  enabled: [true, false],
  notes: [null, "a note"],
  password: ["s3cret", "new", null],
  tags: [["vip", "eu"], ["vip", "eu", "new"], []],
  custom_fields: [{}, { kam: "Eve" }, { kam: null, other: "x" }, { 'a."b': "x" }],
  extra: [{}, { vendor_key: "[1]" }, { other: "null" }],
  period: [{ stop_dt: "2026-02-01" }, { id: new JsonNumber("8") }, null, { id: new JsonNumber("7"), start_dt: "x" }],
  fees: [[], [{ name: "monthly", rate: "9.990" }], [{ name: "setup", rate: new JsonNumber("1") }]],
};
const patches: fc.Arbitrary<JsonObject> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .subarray(names, { minLength: 1, maxLength: 3 })
      .chain((picked) =>
        fc.record(Object.fromEntries(picked.map((name) => [name, fc.constantFrom(...(fitting[name] ?? []))]))),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 5 })), anyJson, { maxKeys: 3 }),
  },
);

const rule = (field: string): fc.Arbitrary<FieldRule> =>
  fc.constantFrom<FieldRule>(
    { field, rule: "any" },
    { field, rule: "any" },
    { field, rule: "lower-only" },
    { field, rule: "raise-only" },
    { field, rule: "append" },
    { field, rule: "max-delta", maxDelta: "10" },
    { field, rule: "one-of", oneOf: [50, "disabled", null] },
  );
const masks: fc.Arbitrary<readonly FieldRule[]> = fc
  .uniqueArray(fc.constantFrom("*", ...names))
  .chain((fields) =>
    fc.tuple(...fields.map((field) => (field === "*" ? fc.constant<FieldRule>({ field, rule: "any" }) : rule(field)))),
  );

const bases: fc.Arbitrary<Data> = fc
  .subarray(names.filter((name) => name !== "id"))
  .map((kept) =>
    Object.fromEntries(Object.entries(fullUpdate).filter(([name]) => name === "id" || kept.includes(name))),
  );

function judge(base: Data, patch: JsonObject, mayChange: readonly FieldRule[]): Judgement {
  return judgeChanges({ id: "h", mayChange }, { shape: clientUpdateShape, data: base, recode: faithfulRecode }, patch);
}

test("property: no answer changes a never-mutable field or one outside the mask, nor makes a field absent", () => {
  let changed = 0;
  fc.assert(
    fc.property(bases, patches, masks, (base, patch, mask) => {
      const judgement = judge(base, patch, mask);
      const after = judgement.kind === "changed" ? judgement.data : base;
      if (judgement.kind === "changed") changed += 1;
      for (const field of clientUpdateShape.fields) {
        const before = base[field.name];
        const now = after[field.name];
        if (before !== undefined) assert.notEqual(now, undefined, `${field.name} became absent`);
        if (isNeverMutable(field) || ruleFor(field, mask) === undefined) assert.deepEqual(now, before, field.name);
      }
      const period = (data: Data): Value => (data["period"] as ValueMap | null | undefined)?.["id"] ?? null;
      if (base["period"] !== undefined) assert.equal(period(after), period(base), "an id inside a record");
      assert.deepEqual(
        Object.keys(after).filter((name) => !names.includes(name)),
        [],
      );
    }),
    { numRuns: 5000 },
  );
  assert.ok(changed > 200, `only ${changed} of the answers changed anything: the property proves little`);
});

test("property: the result equals the base plus the listed changes", () => {
  fc.assert(
    fc.property(bases, patches, masks, (base, patch, mask) => {
      const judgement = judge(base, patch, mask);
      if (judgement.kind !== "changed") return;
      const replayed = structuredClone(base) as Record<string, unknown>;
      for (const { path, to } of judgement.changes) {
        const [top = "", ...rest] = stepsOf(path);
        const secret = top === "password";
        const value: unknown = secret ? judgement.data["password"] : JSON.parse(to);
        const [inner] = rest;
        if (inner === undefined) replayed[top] = value;
        else replayed[top] = { ...(replayed[top] as object), [inner]: value };
      }
      const plain = JSON.stringify(judgement.data, (_key, item: unknown) =>
        typeof item === "bigint" ? item.toString() : item,
      );
      const expected = JSON.parse(plain) as Data;
      const actual = JSON.parse(
        JSON.stringify(replayed, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item)),
      ) as Data;
      assert.ok(sameValue(actual, expected), `${JSON.stringify(actual)} is not ${plain}`);
    }),
    { numRuns: 5000 },
  );
});

function stepsOf(path: string): readonly string[] {
  const match = /^(\w+)(?:\.([\w-]+)|\[(".*")\])?$/s.exec(path);
  assert.ok(match, path);
  const [, top = "", plain, quoted] = match;
  return [
    top,
    ...(plain === undefined ? [] : [plain]),
    ...(quoted === undefined ? [] : [JSON.parse(quoted) as string]),
  ];
}

test("property: the echo of a sent body is no change, in either form of numbers, whatever the mask", () => {
  fc.assert(
    fc.property(bases, masks, fc.constantFrom("string" as const, "json" as const), (base, mask, numbers) => {
      const echo = parse(renderData(base, clientUpdateShape, numbers));
      assert.deepEqual(judge(base, echo, mask), { kind: "unchanged" });
    }),
  );
});

function parse(text: string): JsonObject {
  const revive = (_key: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === "number" ? new JsonNumber(context?.source ?? "") : value;
  return JSON.parse(text, revive) as JsonObject;
}

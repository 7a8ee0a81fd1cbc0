import assert from "node:assert/strict";
import { test } from "node:test";
import { type Judgement, judgeChanges } from "../../../src/before/changes.ts";
import { JsonNumber, type JsonObject } from "../../../src/model/answer.ts";
import type { Data } from "../../../src/model/data.ts";
import type { FieldRule } from "../../../src/model/handler.ts";
import { json } from "../../support/before-handlers.ts";
import { clientUpdateShape, faithfulRecode, field, fullUpdate, recodeOnly } from "../../support/shapes.ts";

const any = (...fields: readonly string[]): readonly FieldRule[] => fields.map((field) => ({ field, rule: "any" }));

function judge(
  patch: Readonly<Record<string, unknown>>,
  mayChange: readonly FieldRule[],
  data: Data = fullUpdate,
): Judgement {
  const subject = { shape: clientUpdateShape, data, recode: faithfulRecode };
  return judgeChanges({ id: "h", mayChange }, subject, json(patch) as JsonObject);
}

/** "unchanged", the failure kind, or the changes as text. */
function verdictOn(...args: Parameters<typeof judge>): string {
  const judgement = judge(...args);
  if (judgement.kind === "unchanged") return "unchanged";
  if (judgement.kind === "failure") return judgement.failure.kind;
  return judgement.changes.map(({ path, from, to }) => `${path}: ${from ?? "absent"} -> ${to}`).join("; ");
}

test("a decimal is compared as a number, however it is written", () => {
  for (const same of ["100.50", "100.5000", new JsonNumber("100.50"), new JsonNumber("1.005e2"), "0100.5"]) {
    assert.equal(verdictOn({ credit: same }, []), "unchanged");
  }
  assert.equal(verdictOn({ credit: new JsonNumber("99.90") }, any("credit")), 'credit: "100.5" -> "99.9"');
});

test("a decimal is read from its text, never through a float", () => {
  const exact = "12345678901234.1234";
  const unbounded = field("credit", { kind: "decimal", precision: 18, scale: 4 });
  const shape = { ...clientUpdateShape, fields: [unbounded] };
  const subject = { shape, data: { credit: "1" }, recode: faithfulRecode };
  const patch = { credit: new JsonNumber(exact) };
  const judgement = judgeChanges({ id: "h", mayChange: any("credit") }, subject, patch);
  assert.equal(judgement.kind === "changed" && judgement.data["credit"], exact);
});

test("a decimal that does not fit precision, scale or range is invalid, never rounded", () => {
  for (const wrong of [
    "1.00001",
    "123456789012345",
    "1000000",
    "-1000000",
    "1e40",
    "abc",
    "",
    "0x10",
    "NaN",
    true,
    {},
  ]) {
    assert.equal(verdictOn({ credit: wrong }, any("credit")), "invalid", JSON.stringify(wrong));
  }
});

test("an integer may come as a number or as text, and keeps every digit past 2^53", () => {
  assert.equal(verdictOn({ big: "9007199254740993" }, []), "unchanged");
  assert.equal(verdictOn({ big: new JsonNumber("9007199254740993") }, []), "unchanged");
  assert.equal(
    verdictOn({ big: new JsonNumber("9007199254740992") }, any("big")),
    'big: "9007199254740993" -> "9007199254740992"',
  );
  assert.equal(verdictOn({ orig_capacity: "30" }, []), "unchanged");
  assert.equal(verdictOn({ orig_capacity: new JsonNumber("30.0") }, []), "unchanged");
  for (const wrong of ["1.5", "2147483648", "-1", "ten", true]) {
    assert.equal(verdictOn({ orig_capacity: wrong }, any("orig_capacity")), "invalid", String(wrong));
  }
  assert.equal(verdictOn({ big: "9223372036854775808" }, any("big")), "invalid");
});

test("null sets null where the schema allows it, is invalid elsewhere, and nothing can be made absent", () => {
  assert.equal(verdictOn({ orig_capacity: null }, any("orig_capacity")), "orig_capacity: 30 -> null");
  assert.equal(verdictOn({ name: null }, any("name")), "invalid");
  assert.equal(verdictOn({ notes: null }, []), "unchanged");
  const judgement = judge({ orig_capacity: null }, any("orig_capacity"));
  assert.ok(judgement.kind === "changed");
  assert.deepEqual(Object.keys(judgement.data), Object.keys(fullUpdate));
});

test("a text must be well-formed, within its length in characters, and one of its legal values", () => {
  assert.equal(verdictOn({ name: "😀".repeat(20) }, any("name")), `name: "Acme" -> "${"😀".repeat(20)}"`);
  assert.equal(verdictOn({ name: "x".repeat(21) }, any("name")), "invalid");
  assert.equal(verdictOn({ name: "\ud800" }, any("name")), "invalid");
  assert.equal(verdictOn({ name: 5 }, any("name")), "invalid");
  assert.equal(verdictOn({ status: "gone" }, any("status")), "invalid");
  assert.equal(verdictOn({ status: "disabled" }, any("status")), 'status: "active" -> "disabled"');
});

test("lists are replaced whole", () => {
  assert.equal(verdictOn({ tags: ["vip", "eu"] }, []), "unchanged");
  assert.equal(verdictOn({ tags: ["eu"] }, any("tags")), 'tags: ["vip","eu"] -> ["eu"]');
  assert.equal(verdictOn({ tags: [null] }, any("tags")), "invalid");
  assert.equal(verdictOn({ tags: { 0: "eu" } }, any("tags")), "invalid");
  assert.equal(verdictOn({ fees: [{ name: "monthly", rate: 9.99 }] }, []), "unchanged");
  assert.equal(verdictOn({ fees: [{ name: "monthly" }] }, any("fees")), "invalid");
  assert.equal(verdictOn({ fees: [{ name: "monthly", rate: "1", x: 1 }] }, any("fees")), "invalid");
});

test("maps are merged entry by entry, and an entry cannot be removed", () => {
  const judgement = judge({ custom_fields: { kam: null, "a.b": "x" } }, any("custom_fields"));
  assert.ok(judgement.kind === "changed");
  assert.deepEqual(judgement.data["custom_fields"], { kam: null, region: null, "a.b": "x" });
  assert.deepEqual(
    judgement.changes.map(({ path, from }) => [path, from]),
    [
      ["custom_fields.kam", '"Eve"'],
      ['custom_fields["a.b"]', null],
    ],
  );
  assert.equal(verdictOn({ extra: { vendor_key: null } }, any("extra")), "invalid");
  assert.equal(verdictOn({ custom_fields: {} }, []), "unchanged");
});

test("a vendor's attribute stays JSON text", () => {
  assert.equal(verdictOn({ extra: { vendor_key: "not json" } }, any("extra")), "invalid");
  assert.equal(verdictOn({ extra: { other: "[1]" } }, any("extra")), 'extra.other: absent -> "[1]"');
});

test("records are merged field by field, and an id inside stays what it is", () => {
  assert.equal(verdictOn({ period: { stop_dt: "2026-02-01" } }, any("period")), 'period.stop_dt: null -> "2026-02-01"');
  assert.equal(verdictOn({ period: { id: 8 } }, any("period")), "not-permitted");
  assert.equal(verdictOn({ period: { id: 7 } }, []), "unchanged");
  assert.equal(verdictOn({ period: null }, any("period")), "not-permitted");
  assert.equal(verdictOn({ period: { nope: 1 } }, any("period")), "invalid");
});

test("a field the event does not have is invalid", () => {
  assert.equal(verdictOn({ nope: 1 }, any("*")), "invalid");
  assert.equal(verdictOn({ toString: "x" }, any("*")), "invalid");
});

test("nothing may change by default, and an unchanged echo of everything is no change", () => {
  assert.equal(verdictOn({ ...fullUpdate }, []), "unchanged");
  assert.equal(verdictOn({ ...fullUpdate, name: "Other" }, []), "not-permitted");
  assert.equal(verdictOn({ ...fullUpdate, name: "Other" }, any("name")), 'name: "Acme" -> "Other"');
});

test("* leaves out ids, tenant keys, balances, times of record, secrets and decimals", () => {
  const changed = {
    id: 13,
    companies_id: 4,
    balance: "0",
    c_dt: "2027",
    credit: "1",
    password: "new",
    fees: [],
  };
  for (const [name, value] of Object.entries(changed)) {
    assert.equal(verdictOn({ [name]: value }, any("*")), "not-permitted", name);
  }
  for (const [name, value] of Object.entries({ name: "n", tags: [], notes: "x", custom_fields: { a: "b" } })) {
    assert.notEqual(verdictOn({ [name]: value }, any("*")), "not-permitted", name);
  }
  for (const name of ["credit", "password", "fees"] as const) {
    assert.notEqual(verdictOn({ [name]: changed[name] }, any("*", name)), "not-permitted", name);
  }
  for (const name of ["id", "companies_id", "balance", "c_dt"] as const) {
    assert.equal(verdictOn({ [name]: changed[name] }, any("*", name)), "not-permitted", name);
  }
});

test("lower-only and raise-only compare exactly, and need a number on both sides", () => {
  const lower: readonly FieldRule[] = [{ field: "credit", rule: "lower-only" }];
  const raise: readonly FieldRule[] = [{ field: "orig_capacity", rule: "raise-only" }];
  assert.equal(verdictOn({ credit: "100.4999" }, lower), 'credit: "100.5" -> "100.4999"');
  assert.equal(verdictOn({ credit: "100.5001" }, lower), "not-permitted");
  assert.equal(verdictOn({ orig_capacity: 31 }, raise), "orig_capacity: 30 -> 31");
  assert.equal(verdictOn({ orig_capacity: 29 }, raise), "not-permitted");
  assert.equal(verdictOn({ orig_capacity: null }, raise), "not-permitted");
  assert.equal(verdictOn({ orig_capacity: 5 }, raise, { ...fullUpdate, orig_capacity: null }), "not-permitted");
});

test("a rule that needs a base refuses a field absent from a sparse update; one that does not adds it", () => {
  const sparse: Data = { id: 12, name: "Acme" };
  assert.equal(verdictOn({ credit: "1" }, [{ field: "credit", rule: "lower-only" }], sparse), "not-permitted");
  assert.equal(
    verdictOn({ credit: "1" }, [{ field: "credit", rule: "max-delta", maxDelta: "5" }], sparse),
    "not-permitted",
  );
  assert.equal(verdictOn({ tags: ["x"] }, [{ field: "tags", rule: "append" }], sparse), "not-permitted");
  assert.equal(verdictOn({ credit: "1" }, any("credit"), sparse), 'credit: absent -> "1"');
  assert.equal(verdictOn({ notes: null }, any("notes"), sparse), "notes: absent -> null");
  assert.equal(
    verdictOn({ status: "active" }, [{ field: "status", rule: "one-of", oneOf: ["active"] }], sparse),
    'status: absent -> "active"',
  );
});

test("max-delta, one-of and append", () => {
  const delta: readonly FieldRule[] = [{ field: "credit", rule: "max-delta", maxDelta: "0.10" }];
  assert.equal(verdictOn({ credit: "100.6" }, delta), 'credit: "100.5" -> "100.6"');
  assert.equal(verdictOn({ credit: "100.4" }, delta), 'credit: "100.5" -> "100.4"');
  assert.equal(verdictOn({ credit: "100.6001" }, delta), "not-permitted");
  const oneOf: readonly FieldRule[] = [{ field: "credit", rule: "one-of", oneOf: [10, "20.50"] }];
  assert.equal(verdictOn({ credit: "10.00" }, oneOf), 'credit: "100.5" -> "10"');
  assert.equal(verdictOn({ credit: "20.5" }, oneOf), 'credit: "100.5" -> "20.5"');
  assert.equal(verdictOn({ credit: "11" }, oneOf), "not-permitted");
  const nullable: readonly FieldRule[] = [{ field: "orig_capacity", rule: "one-of", oneOf: [null] }];
  assert.equal(verdictOn({ orig_capacity: null }, nullable), "orig_capacity: 30 -> null");
  const append: readonly FieldRule[] = [
    { field: "tags", rule: "append" },
    { field: "notes", rule: "append" },
  ];
  assert.equal(verdictOn({ tags: ["vip", "eu", "new"] }, append), 'tags: ["vip","eu"] -> ["vip","eu","new"]');
  assert.equal(verdictOn({ tags: ["eu", "vip", "new"] }, append), "not-permitted");
  assert.equal(verdictOn({ tags: ["vip"] }, append), "not-permitted");
  assert.equal(verdictOn({ notes: "first" }, append), 'notes: null -> "first"');
});

test("one wrong field discards the whole answer", () => {
  assert.equal(verdictOn({ name: "Other", status: "gone" }, any("name", "status")), "invalid");
  assert.equal(verdictOn({ name: "Other", id: 99 }, any("name")), "not-permitted");
});

test("what the codec refuses, or gives back otherwise, is invalid, and no value of it is told", () => {
  const patch = { password: "s3cret2" };
  const refused = judgeChanges(
    { id: "h", mayChange: any("password") },
    { shape: clientUpdateShape, data: fullUpdate, recode: recodeOnly(fullUpdate) },
    patch,
  );
  assert.ok(refused.kind === "failure");
  assert.equal(refused.failure.kind, "invalid");
  assert.doesNotMatch(refused.failure.detail, /s3cret/);
  const lossy = judgeChanges(
    { id: "h", mayChange: any("name") },
    {
      shape: clientUpdateShape,
      data: fullUpdate,
      recode: (data) => ({ data: { ...data, notes: "rewritten" }, value: Buffer.alloc(0) }),
    },
    { name: "Other" },
  );
  assert.equal(lossy.kind === "failure" && lossy.failure.kind, "invalid");
  const rounding = judgeChanges(
    { id: "h", mayChange: any("name") },
    {
      shape: clientUpdateShape,
      data: fullUpdate,
      recode: (data) => ({ data: { ...data, name: "Othe" }, value: Buffer.alloc(0) }),
    },
    { name: "Other" },
  );
  assert.equal(rounding.kind === "failure" && rounding.failure.kind, "invalid", "the changed field itself");
});

test("no detail of a failure holds a value", () => {
  for (const patch of [{ password: 5 }, { password: "p4ss" }, { password: ["p4ss"] }, { name: "p4ss".repeat(10) }]) {
    const judgement = judge(patch, any("name"));
    assert.ok(judgement.kind === "failure");
    assert.doesNotMatch(judgement.failure.detail, /p4ss/);
  }
});

test("the echo of a value that breaks its own schema's annotations is no change either", () => {
  const foreign: Data = {
    id: 12,
    name: "x".repeat(50),
    status: null,
    credit: "99999999",
    orig_capacity: -5,
    custom_fields: { kam: null },
    extra: { vendor_key: null, other: "not json" },
    fees: [{ name: null, rate: "1" }],
  };
  assert.equal(verdictOn({ ...foreign }, [], foreign), "unchanged");
  assert.equal(verdictOn({ ...foreign, name: "x".repeat(51) }, any("name"), foreign), "invalid");
});

test("an empty map for one that is absent asks for nothing", () => {
  assert.equal(verdictOn({ extra: {} }, [], { id: 12 }), "unchanged");
});

test("an answer of more items or changed entries than 5,000 is invalid, but an echo of more is no change", () => {
  const entries = (count: number, value: string | null) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, value]));
  const tags = (count: number) => Array.from({ length: count }, () => "t");
  assert.equal(verdictOn({ custom_fields: entries(5001, null) }, any("custom_fields")), "invalid");
  assert.equal(verdictOn({ tags: tags(5001) }, any("tags")), "invalid");
  const large: Data = { ...fullUpdate, tags: tags(20_000), custom_fields: entries(20_000, "x") };
  assert.equal(verdictOn({ tags: tags(20_000), custom_fields: entries(20_000, "x") }, [], large), "unchanged");
  assert.equal(judge({ custom_fields: entries(5000, null) }, any("custom_fields"), large).kind, "changed");
});

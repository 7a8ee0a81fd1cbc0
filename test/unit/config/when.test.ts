import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { compileWhen } from "../../../src/config/when.ts";
import type { Data } from "../../../src/model/data.ts";
import { clientUpdateShape, eventOf, fullUpdate } from "../../support/shapes.ts";

const shapes = (id: string) => (id === "clients.update" ? clientUpdateShape : undefined);

function compiled(source: string, events: readonly string[] = ["clients.update"]) {
  const result = compileWhen(source, events, shapes);
  assert.ok(result.kind === "compiled", result.kind === "refused" ? result.problems.join("; ") : "");
  return result;
}

function evaluated(source: string, data: Data = fullUpdate): string {
  return compiled(source).condition.evaluate(eventOf(data)).kind;
}

function problemsOf(source: string): string {
  const result = compileWhen(source, ["clients.update"], shapes);
  return result.kind === "refused" ? result.problems.join("; ") : "";
}

test("decimals compare exactly, with each other and with integers", () => {
  assert.equal(evaluated('data.credit > decimal("100.4999")'), "match");
  assert.equal(evaluated('data.credit == decimal("100.50")'), "match");
  assert.equal(evaluated("data.credit > 100 && 101 > data.credit"), "match");
  assert.equal(evaluated('data.credit + decimal("0.1") - 1 == decimal("99.6")'), "match");
  assert.equal(evaluated('-data.credit < decimal("0")'), "match");
  assert.equal(evaluated('data.fees.exists(f, f.rate == decimal("9.990"))'), "match");
});

test("integers keep every digit past 2^53", () => {
  assert.equal(evaluated("data.big == 9007199254740993"), "match");
  assert.equal(evaluated("data.big == 9007199254740992"), "no-match");
});

test("a field absent from a sparse update does not match, whatever is asked of it", () => {
  const sparse = { id: 12, name: "Acme" };
  for (const source of [
    "data.credit > 1",
    "!(data.credit > 1)",
    "has(data.credit)",
    "data.orig_capacity == null",
    'data.period.start_dt == "x"',
    'data.custom_fields["kam"] == "Eve"',
  ]) {
    assert.equal(evaluated(source, sparse), "no-match", source);
  }
  assert.equal(evaluated('has(data.credit) || data.name == "Acme"', sparse), "match");
  assert.equal(evaluated('data.credit > 1 || data.name == "Acme"', sparse), "match");
});

test("null and absent differ", () => {
  assert.equal(evaluated("data.orig_capacity == null", { id: 12, orig_capacity: null }), "match");
  assert.equal(evaluated("has(data.orig_capacity)", { id: 12, orig_capacity: null }), "match");
  assert.equal(evaluated("data.period == null", { id: 12, period: null }), "match");
});

test("anything else that goes wrong is an error that tells no value", () => {
  const result = compiled("data.orig_capacity > 3").condition.evaluate(eventOf({ id: 12, orig_capacity: null }));
  assert.ok(result.kind === "error");
  assert.match(result.detail, /no_such_overload/);
  const secret = compiled("decimal(data.password) > 1").condition.evaluate(eventOf({ id: 12, password: "s3cret" }));
  assert.ok(secret.kind === "error");
  assert.doesNotMatch(secret.detail, /s3cret/);
});

test("an error leaves the condition usable", () => {
  const { condition } = compiled("data.tags.all(t, t.size() > 1) && data.orig_capacity > 3");
  assert.equal(condition.evaluate(eventOf({ id: 12, tags: ["aa"], orig_capacity: null })).kind, "error");
  assert.equal(condition.evaluate(eventOf({ id: 12, tags: ["aa"] })).kind, "no-match");
  assert.equal(condition.evaluate(eventOf({ id: 12, tags: ["aa"], orig_capacity: 4 })).kind, "match");
});

test("the variable event tells id, type and object id", () => {
  assert.equal(evaluated('event.id == "clients.update" && event.object_id == 12'), "match");
  const { condition } = compiled("event.object_id == null");
  assert.equal(condition.evaluate(eventOf({ id: 12 }, { objectId: null })).kind, "match");
});

test("keys of a map mean nothing to JavaScript", () => {
  const custom_fields = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
  assert.equal(evaluated('data.custom_fields["__proto__"] == "x"', { id: 12, custom_fields }), "match");
  assert.equal(evaluated('data.custom_fields["constructor"] == "y"', { id: 12, custom_fields }), "match");
  assert.equal(evaluated('data.custom_fields["toString"] == "y"', { id: 12, custom_fields }), "no-match");
});

test("an expression is checked against the schema at load", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["data.nope == 1", /data\.nope/],
    ["has(data.nope)", /data\.nope/],
    ['data["nope"] == 1', /data\.nope/],
    ["data.name > 3", /string > int/],
    ["data.credit == 10.5", /decimal == double/],
    ["data.credit * 2 > 1", /\*/],
    ["data.name", /not true or false/],
    ["event.nope == 1", /nope/],
    ["unknown == 1", /Unknown variable/],
    ["1 +", /Unexpected/],
    ['data.credit > decimal("ten")', /not a decimal/],
    ["", /./],
  ];
  for (const [source, problem] of refused) assert.match(problemsOf(source), problem, source);
});

test("a field that only some of the events have is warned about", () => {
  const other = { ...clientUpdateShape, fields: clientUpdateShape.fields.slice(0, 1) };
  const both = (id: string) => (id === "clients.archive" ? other : clientUpdateShape);
  const result = compileWhen("data.credit > 1", ["clients.update", "clients.archive"], both);
  assert.ok(result.kind === "compiled");
  assert.match(result.warnings[0] ?? "", /clients\.archive does not have/);
});

test("without a schema the expression is taken as it is", () => {
  assert.equal(compiled("data.anything > 1", ["vendor.event"]).warnings.length, 0);
});

test("what could take long on large data is refused", () => {
  assert.match(problemsOf("data.tags.all(a, data.tags.all(b, a == b))"), /loop/);
  assert.match(problemsOf("data.tags.all(a, a in data.tags)"), /inside a loop/);
  assert.match(problemsOf('cel.bind(x, data.name + data.name, x == "y")'), /cel\.bind/);
  assert.match(problemsOf("data.name.matches(data.status)"), /literal/);
  assert.match(problemsOf('data.name.matches("(?=a)")'), /RE2/);
  assert.match(problemsOf(`data.name == "${"x".repeat(3000)}"`), /longer than/);
  assert.match(problemsOf(`${"(".repeat(100)}true${")".repeat(100)}`), /depth|deep|nest|limit|exceed/i);
});

test("matches takes linear time: a pattern that hangs JavaScript's engine answers at once", () => {
  for (const source of [
    'data.name.matches("(a+)+$")',
    'matches(data.name, "(a+)+$")',
    'data.tags.exists(t, t.matches("(a+)+$"))',
  ]) {
    const { condition } = compiled(source);
    const attack = `${"a".repeat(20_000)}!`;
    const started = performance.now();
    assert.equal(condition.evaluate(eventOf({ id: 12, name: attack, tags: [attack] })).kind, "no-match");
    // 28 such characters take JavaScript's own engine over 20 s.
    assert.ok(performance.now() - started < 2000);
  }
});

test("the library's own engine is never reached, also where the type is only known at run time", () => {
  // JavaScript knows look-ahead, RE2 does not: a pattern that only one of them takes tells which is asked.
  assert.match(problemsOf('dyn(data.name).matches("a(?=b)")'), /RE2/);
  // A flag in the middle of a pattern is RE2's alone: to JavaScript it is a syntax error.
  assert.equal(evaluated('dyn(data.name).matches("^(?i)ACME$")'), "match");
  assert.equal(evaluated('data.name.matches("^(?i)ACME$")'), "match");
});

test("property: no expression and no data makes compiling or evaluating throw", () => {
  const word = fc.constantFrom(
    "data",
    "event",
    ".name",
    ".credit",
    ".tags",
    "[",
    "]",
    "(",
    ")",
    "has(",
    "==",
    ">",
    "&&",
    "||",
    "!",
    "1",
    '"x"',
    "in",
    "decimal(",
    ".matches(",
    ".exists(t,",
    "t",
    "null",
    "?",
    ":",
    "-",
    "+",
    ",",
    "{",
    "}",
  );
  const source = fc.oneof(
    fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(source, fc.subarray(Object.keys(fullUpdate)), (text, kept) => {
      const result = compileWhen(text, ["clients.update"], shapes);
      if (result.kind === "refused") {
        assert.ok(result.problems.length > 0);
        return;
      }
      const data = Object.fromEntries(Object.entries(fullUpdate).filter(([name]) => kept.includes(name)));
      assert.ok(["match", "no-match", "error"].includes(result.condition.evaluate(eventOf(data)).kind));
    }),
    { numRuns: 2000 },
  );
});

test("every expression of the handler's guide is one, and means what the guide says", () => {
  const guide =
    readFileSync("docs/handlers.md", "utf8").split("## Which events concern it")[1]?.split("\n## ")[0] ?? "";
  const expressions = [...guide.matchAll(/^\| `([^`]+)` \| /gm)]
    .slice(1)
    .map(([, code = ""]) => code.replaceAll("\\|", "|"));
  assert.equal(expressions.length, 10);
  const changed: Data = {
    ...{ id: 12, credit: "1000.01", status: "disabled", orig_capacity: null, tags: ["vip", "eu-1"] },
    ...{ name: "ACME-7", custom_fields: { region: "eu" } },
  };
  const noMatch = expressions.filter((source) => evaluated(source, changed) !== "match");
  assert.deepEqual(noMatch, ["!has(data.credit) || data.credit < 10"]);
  const untouched = expressions.filter((source) => evaluated(source, { id: 12, tz: "UTC" }) === "match");
  assert.deepEqual(untouched, ["!has(data.credit) || data.credit < 10", "event.object_id == 12"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileWhen } from "../../../src/config/when.ts";
import type { Data } from "../../../src/model/data.ts";
import { clientUpdateShape, eventOf, fullUpdate } from "../../support/shapes.ts";

/** Random expressions against a second, plain reading of them; random data against expressions that touch all of it. */

const shapes = () => clientUpdateShape;

/** What an expression comes to: absent and error are told apart, as an absent field means that nothing changed. */
type Outcome = "true" | "false" | "absent" | "error";

interface Expression {
  readonly text: string;
  /** More than one where both sides fail and either may be told. */
  readonly outcomes: (data: Data) => ReadonlySet<Outcome>;
}

function of(outcome: Outcome | boolean): ReadonlySet<Outcome> {
  return new Set([typeof outcome === "boolean" ? (`${outcome}` as const) : outcome]);
}

const signs = {
  "<": (sign: number) => sign < 0,
  "<=": (sign: number) => sign <= 0,
  "==": (sign: number) => sign === 0,
  "!=": (sign: number) => sign !== 0,
  ">": (sign: number) => sign > 0,
  ">=": (sign: number) => sign >= 0,
} as const;
const operator = fc.constantFrom(...(Object.keys(signs) as (keyof typeof signs)[]));

/** In hundredths: the values of this test have two places at most. */
function hundredths(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}

/** At, just below and just above the values of the data. */
const near = fc.constantFrom(0, 99, 100, 101, 150, -225, -224, 299, 300);
const credit: fc.Arbitrary<Expression> = fc.tuple(operator, near).map(([op, hundred]) => ({
  text: `data.credit ${op} decimal("${(hundred / 100).toFixed(2)}")`,
  outcomes: ({ credit: value }) =>
    of(value === undefined ? "absent" : signs[op](Math.sign(hundredths(value as string) - hundred))),
}));
const capacity: fc.Arbitrary<Expression> = fc.tuple(operator, fc.integer({ min: -3, max: 3 })).map(([op, number]) => ({
  text: `data.orig_capacity ${op} ${number}`,
  outcomes: ({ orig_capacity: value }) => {
    if (value === undefined) return of("absent");
    // Null equals no number; that it is smaller or larger cannot be said.
    if (value === null) return of(op === "==" ? false : op === "!=" ? true : "error");
    return of(signs[op](Math.sign((value as number) - number)));
  },
}));
const name: fc.Arbitrary<Expression> = fc.constantFrom("a", "b", "").map((text) => ({
  text: `data.name == "${text}"`,
  outcomes: ({ name: value }) => of(value === undefined ? "absent" : value === text),
}));
const flag: Expression = {
  text: "data.enabled",
  outcomes: ({ enabled }) => of(enabled === undefined ? "absent" : (enabled as boolean)),
};
const presence: fc.Arbitrary<Expression> = fc
  .constantFrom("credit", "name", "enabled", "orig_capacity")
  .map((field) => ({
    text: `has(data.${field})`,
    outcomes: (data) => of(data[field] !== undefined),
  }));

/** CEL's: false decides an `and` and true an `or` whatever the other side comes to. */
function both(decides: Outcome, op: string, left: Expression, right: Expression): Expression {
  return {
    text: `(${left.text} ${op} ${right.text})`,
    outcomes: (data) => {
      const found = new Set<Outcome>();
      for (const a of left.outcomes(data)) {
        for (const b of right.outcomes(data)) {
          if (a === decides || b === decides) found.add(decides);
          else if (failed(a) || failed(b)) for (const one of [a, b]) if (failed(one)) found.add(one);
          if (!failed(a) && !failed(b) && a !== decides && b !== decides) found.add(a);
        }
      }
      return found;
    },
  };
}

function failed(outcome: Outcome): boolean {
  return outcome === "absent" || outcome === "error";
}

function not(inner: Expression): Expression {
  const turned = { true: "false", false: "true", absent: "absent", error: "error" } as const;
  return {
    text: `!(${inner.text})`,
    outcomes: (data) => new Set([...inner.outcomes(data)].map((outcome) => turned[outcome])),
  };
}

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(credit, capacity, name, presence, fc.constant(flag)),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => both("false", "&&", left, right)),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => both("true", "||", left, right)),
    tie("expression").map(not),
  ),
}));

const data: fc.Arbitrary<Data> = fc.record(
  {
    id: fc.constant(12),
    credit: fc.constantFrom("0", "1", "1.5", "-2.25", "2.99", "3"),
    orig_capacity: fc.constantFrom(null, 0, 1, -1, 3),
    name: fc.constantFrom("a", "b", ""),
    enabled: fc.boolean(),
  },
  { requiredKeys: ["id"] },
);

test("property: an expression comes to what a plain reading of it comes to, absent and null told apart", () => {
  const kinds = { true: "match", false: "no-match", absent: "no-match", error: "error" } as const;
  const seen = new Set<string>();
  fc.assert(
    fc.property(expression, data, ({ outcomes, text }, given) => {
      const compiled = compileWhen(text, ["clients.update"], shapes);
      assert.ok(compiled.kind === "compiled", `${text}: ${JSON.stringify(compiled)}`);
      const result = compiled.condition.evaluate(eventOf(given));
      const expected = new Set([...outcomes(given)].map((outcome) => kinds[outcome]));
      assert.ok(expected.has(result.kind), `${text} of ${JSON.stringify(given)}: ${result.kind}`);
      seen.add(result.kind);
    }),
    { numRuns: 600 },
  );
  assert.deepEqual([...seen].sort(), ["error", "match", "no-match"]);
});

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("a".repeat(5000), "__proto__", "null"),
);
const secretMark = "tell-nobody";
const hostile: fc.Arbitrary<Data> = fc.record(
  {
    id: fc.integer(),
    name: texts.map((text) => secretMark + text),
    credit: fc.constantFrom("0", "-0.0001", "999999", "1".repeat(14)),
    big: fc.constantFrom(null, 9007199254740993n, -9223372036854775808n),
    notes: fc.option(texts),
    password: fc.constantFrom(null, secretMark),
    tags: fc.array(texts, { maxLength: 50 }),
    custom_fields: fc.dictionary(texts, fc.option(texts), { maxKeys: 10 }),
    period: fc.constantFrom(null, { id: 7, start_dt: secretMark, stop_dt: null }),
    fees: fc.array(fc.record({ name: texts, rate: fc.constantFrom("1", "-1.5") }), { maxLength: 10 }),
  },
  { requiredKeys: [] },
);

/** Together they touch each kind of field, and go wrong on some of the data. */
const conditions = [
  'data.name.startsWith("tell") && data.big > 1',
  "data.tags.exists(t, t.size() > 100) || data.notes.size() > 3",
  'data.custom_fields["a"] == "b"',
  'data.fees.all(f, f.rate > decimal("0"))',
  "decimal(data.password) > 1",
  "decimal(data.name) > data.credit",
  'data.period.start_dt == "x" && data.big + 9223372036854775807 > 0',
  'data.name.matches("^(t|te|tel|tell)+-+.*$")',
  "int(data.name) == 1",
];

test("property: whatever the data holds, a condition ends as one of three, the same again, and tells no value", () => {
  const compiled = conditions.map((source) => {
    const result = compileWhen(source, ["clients.update"], shapes);
    assert.ok(result.kind === "compiled", `${source}: ${JSON.stringify(result)}`);
    return result.condition;
  });
  fc.assert(
    fc.property(hostile, (given) => {
      const event = eventOf(given);
      for (const condition of compiled) {
        const result = condition.evaluate(event);
        assert.ok(["match", "no-match", "error"].includes(result.kind));
        assert.deepEqual(condition.evaluate(event), result);
        if (result.kind === "error") assert.ok(!result.detail.includes(secretMark) && result.detail.length <= 300);
      }
      assert.deepEqual(event, eventOf(given), "the data is as it was");
    }),
    { numRuns: 150 },
  );
});

test("property: where it compiles it compiles again alike, whatever stands in it", () => {
  const source = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .tuple(expression, fc.nat(), fc.constantFrom(")", "(", '"', "&&", "\u0000", "?", "[0]", ".x"))
      .map(([{ text }, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place);
      }),
  );
  fc.assert(
    fc.property(source, (text) => {
      const first = compileWhen(text, ["clients.update"], shapes);
      const second = compileWhen(text, ["clients.update"], shapes);
      assert.equal(second.kind, first.kind);
      if (first.kind === "refused") assert.deepEqual(second, first);
      else assert.ok(["match", "no-match", "error"].includes(first.condition.evaluate(eventOf(fullUpdate)).kind));
    }),
    { numRuns: 300 },
  );
});

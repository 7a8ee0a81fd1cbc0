import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maskData, maskText, secretValues } from "../../../src/model/mask.ts";
import type { Field, FieldType, RecordShape } from "../../../src/model/record-shape.ts";

function field(name: string, type: FieldType, secret = false): Field {
  return { name, type, nullable: true, secret, role: "plain" };
}

const string: FieldType = { kind: "string" };
const shape: RecordShape = {
  record: "ClientsAccountsUpdate",
  sparse: true,
  fields: [
    field("id", { kind: "long" }),
    field("name", string),
    field("password", string, true),
    field("pins", { kind: "list", items: string }, true),
    field("logins", {
      kind: "list",
      items: { kind: "record", fields: [field("user", string), field("token", string, true)] },
    }),
  ],
};

test("secret fields are masked at any depth, the rest and null are left as they are", () => {
  const data = { id: 1, name: "n", password: "p", pins: ["1", "2"], logins: [{ user: "u", token: "t" }] };
  assert.deepEqual(maskData(data, shape), {
    id: 1,
    name: "n",
    password: "***",
    pins: "***",
    logins: [{ user: "u", token: "***" }],
  });
  assert.deepEqual(maskData({ password: null }, shape), { password: null });
  assert.equal(data.password, "p", "the event itself is untouched");
});

test("every secret value is found, at any depth", () => {
  const data = { name: "n", password: "p", pins: ["1", "2"], logins: [{ user: "u", token: "t" }] };
  assert.deepEqual([...secretValues(data, shape)].sort(), ["1", "2", "p", "t"]);
  assert.deepEqual(secretValues({ id: 1, password: null }, shape), []);
});

test("a secret is masked in every form in which a handler may write it", () => {
  const secret = 'pä/"ss\n';
  const written = [
    secret,
    JSON.stringify(secret),
    '"p\\u00e4/\\"ss\\n"',
    '"p\\u00E4\\/\\"ss\\n"',
    encodeURIComponent(secret),
  ].join(" | ");
  assert.equal(maskText(written, [secret]), '*** | "***" | "***" | "***" | ***');
});

test("the start of a secret at the end of a cut text is masked, and only there", () => {
  assert.equal(maskText("login alice hunt", ["hunter22"], true), "login alice ***");
  assert.equal(maskText("login alice hunt", ["hunter22"], false), "login alice hunt");
  assert.equal(maskText("nothing here", ["hunter22"], true), "nothing here");
});

test("of two secrets the longer one is masked whole", () => {
  assert.equal(maskText("abcdef abc", ["abc", "abcdef"]), "*** ***");
});

test("property: no secret of three or more characters survives, as it is or in JSON", () => {
  // "*" alone may come about by masking.
  const secret = fc.string({ unit: "grapheme", minLength: 3 }).filter((text) => !/^\*+$/.test(text));
  fc.assert(
    fc.property(fc.array(fc.string()), secret, (around, value) => {
      const text = [...around, JSON.stringify({ password: value })].join(value);
      const without = maskText(text, [value]).replaceAll("***", "\u0000");
      assert.ok(!without.includes(value));
      assert.ok(!without.includes(JSON.stringify(value).slice(1, -1)));
    }),
  );
});

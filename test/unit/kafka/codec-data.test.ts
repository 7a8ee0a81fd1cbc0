import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ProblemsError, problemText } from "../../../src/errors.ts";
import { createCodec } from "../../../src/kafka/codec/codec.ts";
import { schemaOfEvent } from "../../../src/kafka/registry/schemas.ts";
import type { Data } from "../../../src/model/data.ts";
import { findEventType } from "../../../src/model/event-catalogue.ts";

/** What is wrong with `data` of an event, sorted; empty when nothing is. Typed loosely, as callers without types are. */
function problemsOf(eventId: string, data: object): readonly string[] {
  const type = findEventType(eventId);
  assert.ok(type);
  try {
    createCodec(1, schemaOfEvent(type).text).encode(data as Data);
    return [];
  } catch (error) {
    assert.ok(error instanceof ProblemsError);
    assert.equal(error.code, "DATA_INVALID");
    return error.problems.map(problemText).sort();
  }
}

const update = (change: object) => problemsOf("clients.update", { id: 1, ...change });
const account = (change: object) =>
  problemsOf("clients.accounts.create", { clients_id: 1, name: "trunk", auth_type: "ip", ...change });

suite("data that does not fit its schema is refused, by path and reason", () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["an unknown key", update({ nmae: "x" }), ["nmae: is not a field of the record"]],
    ["the bookkeeping field", update({ changed_fields: ["name"] }), ["changed_fields: is not a field of the record"]],
    ["a missing id", problemsOf("clients.update", { name: "x" }), ["id: is required"]],
    ["null where it is not legal", update({ name: null }), ["name: must not be null"]],
    ["null where it is legal", update({ routing_plans_id: null }), []],
    ["undefined, which is absent", update({ name: undefined }), []],
    ["a float for money", update({ credit: 1.5 }), ['credit: must be a decimal as text, such as "10.5"']],
    ["an integer for money", update({ credit: 1 }), ['credit: must be a decimal as text, such as "10.5"']],
    ["an exponent", update({ credit: "1e3" }), ['credit: must be a decimal as text, such as "10.5"']],
    [
      "a text of a million digits",
      update({ credit: "1".repeat(1e6) }),
      ['credit: must be a decimal as text, such as "10.5"'],
    ],
    ["too fine a decimal", update({ credit: "0.00000000001" }), ["credit: has more than 10 digits after the point"]],
    [
      "too large a decimal",
      update({ low_balance_capacity: "9".repeat(19) }),
      ["low_balance_capacity: has more than 18 digits before the point"],
    ],
    ["a decimal past its bounds", update({ credit: "-999999999.1" }), ["credit: is below -999999999"]],
    ["a decimal at its bounds", update({ credit: "999999999.0" }), []],
    [
      "an integer past its bounds",
      update({ low_balance_capacity_value: 65536 }),
      ["low_balance_capacity_value: is above 65535"],
    ],
    ["an integer past 32 bits", update({ type: 2 ** 31 }), ["type: must be an integer of 32 bits"]],
    ["an integer that lost digits", update({ companies_id: 2 ** 53 }), ["companies_id: must be an integer of 64 bits"]],
    ["an integer past 64 bits", update({ companies_id: 2n ** 63n }), ["companies_id: must be an integer of 64 bits"]],
    [
      "a word that is none of the list",
      update({ status: "gone" }),
      ["status: must be one of active, disabled, archive"],
    ],
    ["text that is too long", update({ name: "x".repeat(256) }), ["name: is longer than 255 characters"]],
    ["255 characters of two halves each", update({ name: "\u{1F600}".repeat(255) }), []],
    [
      "256 characters of two halves each",
      update({ name: "\u{1F600}".repeat(256) }),
      ["name: is longer than 255 characters"],
    ],
    ["half a character", update({ name: "\ud83d" }), ["name: holds half of a character (a lone surrogate)"]],
    ["a list with a wrong item", update({ tags: ["a", 1] }), ["tags[1]: must be text"]],
    ["null in a list", update({ tags: [null] }), ["tags[0]: must not be null"]],
    ["no list", update({ tags: "a" }), ["tags: must be a list"]],
    ["a boolean as a number", account({ orig_enabled: 1 }), ["orig_enabled: must be true or false"]],
    ["no map", account({ extra: [] }), ["extra: must be a map"]],
    ["an entry of a map", account({ extra: { a: 1 } }), ["extra.a: must be text"]],
    [
      "an entry named __proto__",
      account({ extra: JSON.parse('{"__proto__":"x"}') as object }),
      ["extra: has an entry whose name cannot be used"],
    ],
    [
      "a nested record",
      problemsOf("clients.packages.assign", {
        clients_id: 1,
        packages_id: 2,
        start_dt: "2026-01-01",
        fees: [{ type: "activation", rate: "1" }, { type: "weekly", rate: 2, colour: "red" }, 3],
      }),
      [
        "fees[1].colour: is not a field of the record",
        'fees[1].rate: must be a decimal as text, such as "10.5"',
        "fees[1].type: must be one of activation, subscription",
        "fees[2]: must be a record",
      ],
    ],
  ];
  for (const [what, found, expected] of rows) {
    test(what, () => assert.deepEqual(found, expected));
  }
});

test("all problems are told at once", () => {
  assert.equal(update({ name: 1, status: "x", credit: 1, colour: 2 }).length, 4);
});

test("a million problems are told in a bounded message", () => {
  const problems = update({ tags: Array.from({ length: 100_000 }, () => 1) });
  assert.equal(problems.length, 51);
  assert.ok(problems.some((problem) => problem === "and 99950 more"));
});

test("no message holds a value, which may be a secret", () => {
  const secret = "s3cret".repeat(100);
  const type = findEventType("clients.accounts.create");
  assert.ok(type);
  const codec = createCodec(1, schemaOfEvent(type).text);
  for (const password of [secret, [secret], { [secret.slice(0, 3)]: secret }]) {
    assert.throws(
      () => codec.encode({ clients_id: 1, name: "a", auth_type: secret, password }),
      (error) => error instanceof ProblemsError && !error.message.includes(secret.slice(0, 6)),
    );
  }
});

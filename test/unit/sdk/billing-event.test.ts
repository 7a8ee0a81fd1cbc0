import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BillingEvent, checkEvent } from "../../../src/sdk/billing-event.ts";

const check = (event: object) => checkEvent(event as BillingEvent, "/test");

describe("a billing event", () => {
  for (const [name, event, key, objectId] of [
    ["a client's own id keys its events", { id: "clients.update", data: { id: 12, name: "x" } }, "12", "12"],
    ["before a create there is neither key nor object id", { id: "clients.create", data: { name: "x" } }, null, null],
    [
      "an account is keyed by its client",
      { id: "clients.accounts.create", data: { id: 40, clients_id: 12 } },
      "12",
      "40",
    ],
    [
      "a sparse account update says whose it is beside its data",
      { id: "clients.accounts.update", data: { id: 40 }, clientId: 12 },
      "12",
      "40",
    ],
    ["a balance is the client's", { id: "clients.balance_zero", data: { clients_id: 12 } }, "12", "12"],
    ["an import is keyed by itself", { id: "importd.process_failed", data: { id: 77 } }, "77", "77"],
    [
      "ids beyond 2^53-1 are decimal text",
      { id: "clients.delete", data: { id: 9223372036854775807n } },
      "9223372036854775807",
      "9223372036854775807",
    ],
  ] as const) {
    it(`is keyed and named so that order is kept: ${name}`, () => {
      const checked = check(event);
      assert.equal(checked.key, key);
      assert.equal(checked.headers.subject, objectId);
    });
  }

  it("is refused when its client cannot be told: its order could not be kept", () => {
    assert.throws(() => check({ id: "clients.accounts.update", data: { id: 40 } }), { code: "DATA_INVALID" });
  });

  it("is refused when the catalogue does not know it", () => {
    assert.throws(() => check({ id: "clients.rename", data: {} }), { code: "UNKNOWN_EVENT" });
  });

  it("has a ce_id of its own unless one is given, and a time", () => {
    const event = { id: "clients.delete", data: { id: 1 } };
    assert.notEqual(check(event).headers.id, check(event).headers.id);
    const given = check({ ...event, ceId: "a", time: new Date(0) });
    assert.equal(given.headers.id, "a");
    assert.equal(given.headers.time, "1970-01-01T00:00:00.000Z");
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fits } from "../../../web/src/api/row-filter.ts";

const call = {
  ...{ at: "2026-11-17T08:00:00.000Z", handler: "crm", event: "clients.update", stage: "after", status: "fail" },
  ...{ outcome: "timeout", objectId: "40", client: "12" },
};
const decision = {
  ...{ at: "2026-11-17T08:00:00.000Z", handler: null, event: "clients.update", decision: "allow" },
  ...{ decidedBy: "no-handler", objectId: null, client: "12", operationId: "o-1" },
};

suite("a row that was heard", () => {
  test("belongs to the list when every filter names what it says", () => {
    assert.ok(fits(call, {}));
    for (const query of [
      { handler: "crm", event: "clients.update", stage: "after", status: "fail" },
      { outcome: "timeout", object: "40", client: "12" },
    ]) {
      assert.ok(fits(call, query));
      for (const name of Object.keys(query)) assert.ok(!fits(call, { ...query, [name]: "other" }), name);
    }
    const query = { decision: "allow", decidedBy: "no-handler", operation: "o-1", client: "12" };
    assert.ok(fits(decision, query));
    for (const name of Object.keys(query)) assert.ok(!fits(decision, { ...query, [name]: "other" }), name);
    assert.ok(!fits(decision, { object: "40" }));
  });

  test("belongs to a time as the API sees it: from the first, before the last", () => {
    assert.ok(fits(call, { since: "2026-11-17T08:00:00Z" }));
    assert.ok(!fits(call, { since: "2026-11-17T08:00:00.001Z" }));
    assert.ok(!fits(call, { until: call.at }));
    assert.ok(fits(call, { until: "2026-11-17T08:00:01Z", since: "2026-11-17T09:00:00+02:00" }));
  });

  test("is not judged by words, which may stand where it does not show them", () => {
    assert.ok(fits(call, { text: "whatever" }));
  });
});

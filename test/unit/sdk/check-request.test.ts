import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../../src/errors.ts";
import { topicNames } from "../../../src/model/topics.ts";
import type { BillingEvent } from "../../../src/sdk/billing-event.ts";
import { checkRequest } from "../../../src/sdk/check-request.ts";
import type { RequestOptions } from "../../../src/sdk/client-options.ts";

const event: BillingEvent<"clients.update"> = { id: "clients.update", data: { id: 12, name: "Acme" } };
const client = { kafka: { brokers: [] }, registry: { url: "" }, source: "/test", onSilence: "allow" as const };
const check = (own: RequestOptions) => checkRequest(event, own, client, topicNames("billing"));

test("an operation id that the bridge would read as another one is refused: its verdict could never be taken", () => {
  for (const operationId of ["", '"quoted"', '""', "half \ud83d"]) {
    assert.throws(
      () => check({ operationId }),
      (error) => error instanceof BridgeError && error.code === "USAGE",
      JSON.stringify(operationId),
    );
  }
  for (const operationId of ["7", 'say "x"', '"', "ü", " "]) {
    assert.equal(check({ operationId }).context.operationId, operationId);
  }
});

test("an attempt is a whole number that the wire can carry", () => {
  for (const attempt of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    assert.throws(() => check({ attempt }), BridgeError, String(attempt));
  }
  assert.equal(check({ attempt: 2 ** 31 - 1 }).context.attempt, 2 ** 31 - 1);
});

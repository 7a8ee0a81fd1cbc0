import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, ProblemsError } from "../../../src/errors.ts";
import { createBillingClient } from "../../../src/sdk/billing-client.ts";
import { checkOptions } from "../../../src/sdk/check-options.ts";
import type { BillingClientOptions } from "../../../src/sdk/client-options.ts";

const usual: BillingClientOptions = { kafka: { brokers: ["k:1"] }, registry: { url: "http://r" }, source: "/core" };

function problemsOf(options: Partial<BillingClientOptions>): string {
  try {
    checkOptions({ ...usual, ...options });
    return "";
  } catch (error) {
    assert.ok(error instanceof ProblemsError);
    assert.equal(error.code, "SETTINGS_INVALID");
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
  }
}

test("options that are left out, and numbers at the ends of their ranges, are fine", () => {
  assert.equal(problemsOf({}), "");
  assert.equal(problemsOf({ deadlineMs: 1, maxPending: 1, breakerSilences: 1_000_000, heardWithinMs: 60_000 }), "");
  assert.equal(problemsOf({ deadlineMs: 5000, kafka: { brokers: [], requestTimeoutMs: 2_147_483_647 } }), "");
});

test("a number out of its range is refused by its option's name, all of them at once", () => {
  assert.equal(
    problemsOf({ deadlineMs: 5001, maxPending: 1.5, registry: { url: "http://r", timeoutMs: 0 } }),
    [
      "deadlineMs: must be a number of milliseconds from 1 to 5000",
      "maxPending: must be a whole number from 1 to 10000000",
      "registry.timeoutMs: must be a number of milliseconds from 1 to 2147483647",
    ].join("\n"),
  );
  for (const value of [Number.NaN, Infinity, -1, "5" as unknown as number, null as unknown as number]) {
    assert.match(problemsOf({ connectTimeoutMs: value }), /^connectTimeoutMs: must be/, String(value));
    assert.match(problemsOf({ breakerSilences: value }), /^breakerSilences: must be/, String(value));
  }
});

test("a client with such an option is never made", async () => {
  await assert.rejects(
    createBillingClient({ ...usual, publishTimeoutMs: Number.NaN }),
    (error) =>
      error instanceof BridgeError && error.code === "SETTINGS_INVALID" && /publishTimeoutMs/.test(error.message),
  );
});

import assert from "node:assert/strict";
import test from "node:test";
import { environmentOf } from "../../../src/dev-stack/addresses.ts";
import { configuredStack } from "../../../src/dev-stack/configured.ts";
import type { BridgeError } from "../../../src/errors.ts";

const both = { KAFKA_BROKERS: "a:9092,b:9092", SCHEMA_REGISTRY_URL: "https://registry.example.net" };

test("a broker and a registry in the environment are the stack, as they stand there", () => {
  const found = configuredStack(both);
  assert.ok(found?.kind === "configured");
  assert.deepEqual(environmentOf(found), both);
});

test("nothing in the environment, or empty text, is no stack", () => {
  assert.equal(configuredStack({}), null);
  assert.equal(configuredStack({ KAFKA_BROKERS: "", SCHEMA_REGISTRY_URL: " " }), null);
});

test("half a stack in the environment is refused, naming the other half", () => {
  for (const [set, unset] of [
    ["KAFKA_BROKERS", "SCHEMA_REGISTRY_URL"],
    ["SCHEMA_REGISTRY_URL", "KAFKA_BROKERS"],
  ] as const) {
    assert.throws(
      () => configuredStack({ [set]: both[set] }),
      (error: BridgeError) => error.code === "SETTINGS_INVALID" && error.message.includes(`${unset} is not`),
    );
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Kafka } from "kafkajs";
import { BridgeError } from "../../../src/errors.ts";
import { internalCluster } from "../../../src/kafka/connection/internal-cluster.ts";

test("kafkajs's inner cluster is found, and opens nothing by itself", () => {
  const cluster = internalCluster(new Kafka({ brokers: ["127.0.0.1:1"] }));
  assert.equal(typeof cluster.findGroupCoordinator, "function");
});

test("a kafkajs without that cluster is refused as INTERNAL, naming the file to read", () => {
  assert.throws(
    () => internalCluster(Object.create(Kafka.prototype) as Kafka),
    (error) =>
      error instanceof BridgeError &&
      error.code === "INTERNAL" &&
      error.message.includes("src/kafka/connection/internal-cluster.ts"),
  );
});

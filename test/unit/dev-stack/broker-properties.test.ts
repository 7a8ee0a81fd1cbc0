import assert from "node:assert/strict";
import test from "node:test";
import { brokerProperties } from "../../../src/dev-stack/broker-properties.ts";

const layout = { logDir: "/data/kafka", port: 20001, controllerPort: 20002, secure: null };
const secure = { port: 20003, keystore: "/data/b.p12", keystorePassword: "store", username: "bridge", password: "pw" };

function parse(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

test("the broker listens on loopback only, whatever listeners it has", () => {
  for (const text of [brokerProperties(layout), brokerProperties({ ...layout, secure })]) {
    const listeners = (parse(text).get("listeners") ?? "").split(",");
    assert.ok(listeners.length >= 2);
    for (const listener of listeners) assert.match(listener, /^[A-Z]+:\/\/127\.0\.0\.1:\d+$/);
  }
});

test("clients are told of the plain and the secure listener, never of the controller", () => {
  const advertised = parse(brokerProperties({ ...layout, secure })).get("advertised.listeners");
  assert.equal(advertised, "PLAINTEXT://127.0.0.1:20001,SECURE://127.0.0.1:20003");
});

test("every internal topic has one replica, as one node cannot hold more", () => {
  const properties = parse(brokerProperties(layout));
  const replicas = [...properties].filter(([key]) => key.endsWith(".replication.factor") || key.endsWith(".min.isr"));
  assert.equal(replicas.length, 5);
  for (const [key, value] of replicas) assert.equal(value, "1", key);
});

test("no key stands twice, since the last would win without a word", () => {
  const lines = brokerProperties({ ...layout, secure })
    .split("\n")
    .filter((line) => line !== "");
  assert.equal(parse(lines.join("\n")).size, lines.length);
});

test("without a secure listener nothing of a key store or a password is written", () => {
  assert.doesNotMatch(brokerProperties(layout), /keystore|password|jaas/);
});

test("a backslash in a path survives the properties format", () => {
  const { logDir } = { logDir: "C:\\data" };
  assert.equal(parse(brokerProperties({ ...layout, logDir })).get("log.dirs"), "C:\\\\data");
});

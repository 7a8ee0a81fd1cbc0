import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { settingRows, summary } from "../../../src/config/setting-rows.ts";
import { loadConnectedSettings, loadSettings, readSettings } from "../../../src/config/settings.ts";
import { ProblemsError, problemText } from "../../../src/errors.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadSettings(env);
  } catch (error) {
    assert.ok(error instanceof ProblemsError);
    assert.equal(error.code, "SETTINGS_INVALID");
    return error.problems.map(problemText);
  }
  return [];
}

describe("settings", () => {
  it("have safe defaults and are frozen to the last leaf", () => {
    const settings = loadSettings({});
    assert.equal(settings.topics.prefix, "billing");
    assert.equal(settings.before.deadlineMs, 1500);
    assert.deepEqual(settings.handlers.egressAllow, []);
    assert.throws(() => Object.assign(settings.http, { port: 1 }), TypeError);
  });

  it("come from the environment, and an empty variable counts as not set", () => {
    const settings = loadSettings({
      KAFKA_BROKERS: "a:9092, b:9092",
      TOPIC_PREFIX: "",
      HTTP_PORT: "0",
      KAFKA_TLS: "true",
    });
    assert.deepEqual(settings.kafka.brokers, ["a:9092", "b:9092"]);
    assert.equal(settings.topics.prefix, "billing");
    assert.equal(settings.http.port, 0);
    assert.equal(settings.kafka.tls, true);
  });

  it("come from a file, and the environment wins", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "bridge.yaml");
    writeFileSync(file, "topics: { prefix: from-file, partitions: 3 }\nkafka: { brokers: [x:1] }\n");
    const settings = loadSettings({ TOPIC_PREFIX: "from-env", CONFIG_FILE: file });
    assert.equal(settings.topics.prefix, "from-env");
    assert.equal(settings.topics.partitions, 3);
    assert.deepEqual(settings.kafka.brokers, ["x:1"]);
    writeFileSync(file, "topics: { prefx: oops }\n");
    assert.throws(() => loadSettings({ CONFIG_FILE: file }), /prefx/);
  });

  for (const [name, env, expected] of [
    ["a number with a unit", { DEADLINE_MS: "7s" }, /DEADLINE_MS.*milliseconds/],
    ["a port with a letter", { HTTP_PORT: "80x" }, /HTTP_PORT.*port/],
    ["a port out of range", { HTTP_PORT: "65536" }, /HTTP_PORT/],
    ["a broker without a port", { KAFKA_BROKERS: "kafka" }, /KAFKA_BROKERS.*host:port/],
    ["a boolean that is none", { KAFKA_TLS: "yes" }, /KAFKA_TLS.*true or false/],
    ["bytes with a unit", { BEFORE_IN_FLIGHT_BYTES: "64MiB" }, /BEFORE_IN_FLIGHT_BYTES must be bytes/],
    [
      "bytes no large record fits",
      { BEFORE_IN_FLIGHT_BYTES: "1000" },
      /BEFORE_IN_FLIGHT_BYTES must be bytes from 1048576/,
    ],
    ["a CIDR with too many bits", { EGRESS_ALLOW: "10.0.0.0/33" }, /EGRESS_ALLOW/],
    ["a registry without a scheme", { SCHEMA_REGISTRY_URL: "localhost:8081" }, /SCHEMA_REGISTRY_URL.*http/],
    ["a deadline the core could not keep", { DEADLINE_MS: "9000" }, /500 to 5000/],
    ["SASL without a user", { KAFKA_SASL_MECHANISM: "plain" }, /KAFKA_SASL_USERNAME/],
    ["half a client certificate", { KAFKA_TLS_CERT_FILE: "a.pem" }, /go together/],
  ] as const) {
    it(`refuse ${name}, naming the variable`, () => {
      const problems = problemsOf(env);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? "", expected);
    });
  }

  it("report all problems at once", () => {
    assert.equal(problemsOf({ HTTP_PORT: "x", KAFKA_TLS: "x", LOG_LEVEL: "x" }).length, 3);
  });

  it("never show a secret, in the summary or in an error", () => {
    const settings = loadSettings({
      KAFKA_SASL_PASSWORD: "hunter2",
      SCHEMA_REGISTRY_PASSWORD: "hunter2",
      HTTP_PORT: "1",
    });
    assert.equal(JSON.stringify(summary(settings)).includes("hunter2"), false);
    assert.equal(problemsOf({ KAFKA_SASL_PASSWORD: "hunter2", HTTP_PORT: "x" }).join().includes("hunter2"), false);
    for (const url of ["http://bob:hunter2@registry", "ftp://bob:hunter2@registry"]) {
      const problems = problemsOf({ SCHEMA_REGISTRY_URL: url });
      assert.match(problems.join(), /SCHEMA_REGISTRY_URL.*without user and password/);
      assert.equal(problems.join().includes("hunter2"), false);
    }
  });

  it("name what is missing to reach a broker and a registry", () => {
    assert.throws(() => loadConnectedSettings({}, []), /KAFKA_BROKERS[\s\S]*SCHEMA_REGISTRY_URL/);
  });

  it("of other sections may be as broken as they like", () => {
    const env = { KAFKA_BROKERS: "nonsense", KAFKA_SASL_MECHANISM: "plain", HTTP_PORT: "x", DEADLINE_MS: "900" };
    assert.equal(loadSettings(env, ["before", "handlers"]).before.deadlineMs, 900);
    assert.throws(() => loadSettings(env, ["http"]), /HTTP_PORT/);
  });

  it("that are broken have their default while others are read, and are named", () => {
    const { settings, problems, broken } = readSettings({ DEADLINE_MS: "soon", EGRESS_ALLOW: "10.0.0.0/8" }, [
      "before",
      "handlers",
    ]);
    assert.equal(settings.before.deadlineMs, 1500);
    assert.deepEqual(settings.handlers.egressAllow, ["10.0.0.0/8"]);
    assert.deepEqual([...broken], ["before.deadlineMs"]);
    assert.equal(problems.length, 1);
  });

  it("never repeat a list: the wrong item is named once", () => {
    const [problem = ""] = problemsOf({ KAFKA_BROKERS: "a:9092,b" });
    assert.equal(problem, 'kafka.brokers: KAFKA_BROKERS must be host:port, separated by commas; "b" is not');
  });

  it("that do not exist are refused, whoever reads, with the nearest that does", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "bridge.yaml");
    const read = (text: string): string => {
      writeFileSync(file, text);
      return readSettings({ CONFIG_FILE: file }, ["before"]).problems.map(problemText).join("\n");
    };
    assert.equal(
      read("before: { deadlinMs: 9 }"),
      'before.deadlinMs: there is no such setting; did you mean "before.deadlineMs"?',
    );
    assert.match(read("bfore: { deadlineMs: 900 }"), /bfore\.deadlineMs: there is no such setting/);
    assert.match(read("before: 3"), /its section must be a map/);
    assert.match(read("[]"), /must hold a map/);
    assert.equal(read("kafka: { brkers: [x] }"), "");
  });

  it("have one variable each", () => {
    const names = settingRows().map((row) => row.env);
    assert.equal(new Set(names).size, names.length);
  });
});

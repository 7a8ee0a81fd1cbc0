import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sampleRequests } from "../../src/cli/demo/sample-events.ts";
import { createKafkaClient } from "../../src/kafka/connection/client.ts";
import { eventCatalogue } from "../../src/model/event-catalogue.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { ShellCommand } from "../support/shell.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const firstScreen = readme.split(/^## /m)[0] ?? "";
const commands = [...firstScreen.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block = ""]) => block.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line !== "" && !line.startsWith("#"));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
const { KAFKA_BROKERS = "" } = process.env;

test("the first screen shows the demo, the tests and the start of the bridge", () => {
  for (const command of ["npm ci && npm run demo", "npm ci && npm test", "npm start"]) {
    assert.ok(commands.includes(command), `${command} is not among: ${commands.join(" | ")}`);
  }
});

test("every npm script that the README names exists", () => {
  const named = [...readme.matchAll(/npm (?:run (?:-s )?([\w:-]+)|(test|start))\b/g)].map(
    ([, run, other]) => run ?? other,
  );
  assert.ok(named.length >= 3);
  for (const name of named) assert.ok(name !== undefined && name in scripts, String(name));
});

test("every file that the README links to exists", () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, file = ""]) => file);
  assert.ok(links.length > 5);
  for (const link of links) assert.ok(existsSync(join(root, link)), link);
});

test("npm ci finds a lock file that agrees with package.json", async () => {
  // Only as if: it would replace the node_modules that these tests run from.
  const { end, stderr } = await command("npm ci --dry-run --offline --ignore-scripts --no-audit --no-fund");
  assert.equal(end, 0, stderr);
});

test("npm test runs the tests it is told to, and says how many passed", async () => {
  const { end, stdout, left } = await command("npm test -- test/unit/model/decimal.test.ts");
  assert.equal(end, 0, stdout);
  assert.match(stdout, /^[1-9]\d* passed, 0 failed$/m);
  assert.deepEqual(left, []);
});

test("npm run demo shows all events and requests in its tables, ends with 0 and leaves no process", async () => {
  const { end, stdout, stderr, left } = await command("npm run demo", {}, 150_000);
  assert.equal(end, 0, `${stdout}\n${stderr}`);
  assert.deepEqual(left, []);
  const rows = stdout.split("\n").map((line) => line.split(/\s{2,}/));
  const idsOf = (stage: string) => rows.filter(([, second]) => second === stage).map(([id]) => id);
  assert.deepEqual(idsOf("after").sort(), eventCatalogue.map(({ id }) => id).sort());
  assert.deepEqual(
    idsOf("before"),
    sampleRequests.map(({ event }) => event.id),
  );
  for (const heading of ["event", "stage", "handlers", "attempts", "verdict", "changes", "who decided", "ms"]) {
    assert.ok(
      rows.some((cells) => cells.map((cell) => cell.trim()).includes(heading)),
      heading,
    );
  }
});

test("setup and npm start, as they stand there, bring a bridge up that a SIGTERM takes down again", async (t) => {
  const setup = commands.find((line) => line.endsWith(" setup")) ?? assert.fail("no setup");
  const env = environment(t);
  const done = await command(setup, env);
  assert.equal(done.end, 0, done.stderr);

  const bridge = new ShellCommand("exec npm start", env, 60_000);
  for (let i = 0; i < 500 && !bridge.stdout.includes('"bridge ready"'); i++) await sleep(100);
  assert.match(bridge.stdout, /"bridge ready"/, bridge.stderr);
  bridge.signal("SIGTERM");
  // npm itself got the signal too and reports that, whatever the bridge's own exit code was.
  const { stdout, left } = await bridge.ended();
  assert.match(stdout, /"bridge stopped"/);
  assert.deepEqual(left, []);
});

function command(line: string, env: NodeJS.ProcessEnv = {}, limitMs = 100_000) {
  return new ShellCommand(line, env, limitMs).ended();
}

/** What the README exports, with names of this test's own; the topics go when the test ends. */
function environment(t: TestContext): NodeJS.ProcessEnv {
  const prefix = `readme-${randomUUID().slice(0, 8)}`;
  const folder = mkdtempSync(join(tmpdir(), "readme-"));
  const handlers = join(folder, "handlers.yaml");
  writeFileSync(
    handlers,
    `handlers:
  - id: echo
    stage: before
    events: [clients.update]
    task: { http: { url: "http://127.0.0.1:9/" } }
    onFailure: allow
  - id: crm
    stage: after
    events: [clients.update]
    task: { http: { url: "http://127.0.0.1:9/" } }
`,
  );
  t.after(async () => {
    rmSync(folder, { recursive: true, force: true });
    const connection = { clientId: "readme-test", tls: null, sasl: null };
    const { kafka } = createKafkaClient(
      { ...connection, brokers: KAFKA_BROKERS.split(","), connectionTimeoutMs: 3000, requestTimeoutMs: 10_000 },
      silentLogger,
    );
    const admin = kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    await admin.deleteTopics({ topics });
    await admin.disconnect();
  });
  return {
    HANDLERS_FILE: handlers,
    EGRESS_ALLOW: "127.0.0.0/8",
    TOPIC_PREFIX: prefix,
    GROUP_PREFIX: prefix,
    TOPIC_PARTITIONS: "2",
    HTTP_HOST: "127.0.0.1",
    HTTP_PORT: "0",
    LOG_LEVEL: "info",
  };
}

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";

const home = mkdtempSync(join(tmpdir(), "demo-home-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("a demo that is kept up says all it takes to reach it, and leaves nothing in the user's folders", async () => {
  const { KAFKA_BROKERS = "", SCHEMA_REGISTRY_URL = "" } = process.env;
  const running = cli(["demo", "--keep"], { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, XDG_STATE_HOME: home });
  let said = "";
  running.child.stdout?.on("data", (text: string) => (said += text));
  try {
    await eventually("it is up", () => said.includes("Probes and metrics"), 60_000);
    const hints = [...said.matchAll(/^ {2}export (.*)$/gm)].flatMap(([, line = ""]) => line.split(" "));
    const env = Object.fromEntries(hints.map((hint) => hint.split("=", 2) as [string, string]));
    const explained = await cli(["explain", "clients.update", "--data", '{"id":12,"credit":"5000"}'], env);
    assert.equal(explained.code, 0, explained.stderr);
    assert.match(explained.stdout, /credit-guard/);
    const checked = await cli(["check", env["HANDLERS_FILE"] ?? ""], env);
    assert.doesNotMatch(checked.stdout + checked.stderr, /warning/);
    const letters = await cli(["dead-letters", "list", "--handler", "gone-crm"], env);
    assert.match(letters.stdout, /gone-crm/, letters.stderr);
  } finally {
    running.child.kill("SIGINT");
  }
  const { code, stderr } = await running;
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(home), []);
});

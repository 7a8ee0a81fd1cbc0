import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "check-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const good = join(folder, "good.yaml");
writeFileSync(
  good,
  `handlers:
  - id: crm
    stage: after
    events: [clients.update]
    task: { http: { url: "https://crm.example.net/hook" } }
`,
);
const bad = join(folder, "bad.yaml");
writeFileSync(
  bad,
  `handlers:
  - id: crm
    stage: after
    evnts: [clients.update]
    task: { http: { url: "http://10.0.0.5/hook" } }
`,
);

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, ["src/cli/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
}

suite("check", () => {
  test("prints JSON with --json whether or not there are problems, and ends with 0 or 78", () => {
    const fine = run(["check", good, "--json"]);
    assert.equal(fine.status, 0, fine.stderr);
    const { problems, handlers } = JSON.parse(fine.stdout) as { problems: object[]; handlers: { id: string }[] };
    assert.deepEqual([problems, handlers.map(({ id }) => id)], [[], ["crm"]]);

    const wrong = run(["check", bad, "--json"]);
    assert.equal(wrong.status, 78);
    assert.deepEqual(JSON.parse(wrong.stdout), {
      problems: [
        { path: "handlers[0]", line: 2, column: 5, message: "needs events", hint: null },
        { path: "handlers[0].evnts", line: 4, column: 5, message: "unknown key", hint: 'did you mean "events"?' },
        {
          path: "handlers[0].task.http",
          line: 5,
          column: 19,
          message: "10.0.0.5 is a private or loopback address; name it in EGRESS_ALLOW to call it",
          hint: null,
        },
      ],
      warnings: [],
    });
    const gone = run(["check", join(folder, "none.yaml"), "--json"]);
    assert.equal(gone.status, 78);
    assert.match(gone.stdout, /^\{"problems":\[\{"path":null,"line":null,.*none\.yaml/);
  });

  test("says which events it does not know in the same round as what is wrong", () => {
    const file = join(folder, "typo.yaml");
    writeFileSync(
      file,
      `handlers:
  - id: crm
    stage: after
    events: [clients.updat]
    retri: {}
    task: { http: { url: "https://crm.example.net/hook" } }
`,
    );
    const { status, stdout, stderr } = run(["check", file, "--json"]);
    assert.equal(status, 78);
    assert.match(stderr, /retri: unknown key[^]+warning: .*clients\.updat is not in the catalogue.*"clients\.update"/);
    const { warnings } = JSON.parse(stdout) as { warnings: string[] };
    assert.match(warnings.join(), /^typo\.yaml:4:14 .*clients\.updat is not/);
  });

  test("names the problems of the settings it depends on and of the file in one round", () => {
    const { status, stderr } = run(["check", bad], { DEADLINE_MS: "soon" });
    assert.equal(status, 78);
    assert.match(stderr, /SETTINGS_INVALID[^]+DEADLINE_MS must be[^]+handlers\[0\]: needs events[^]+EGRESS_ALLOW/);
  });

  test("does not blame the file for what a broken setting hides", () => {
    const { stderr } = run(["check", bad], { EGRESS_ALLOW: "everything" });
    assert.match(stderr, /EGRESS_ALLOW must be/);
    assert.doesNotMatch(stderr, /10\.0\.0\.5 is a private/);
  });
});

suite("a setting that a command does not need", () => {
  const broken = { KAFKA_SASL_MECHANISM: "plain", KAFKA_TLS: "perhaps", LOG_LEVEL: "loud" };

  test("does not stop it, however broken", () => {
    const data = ["--data", '{"id":12}', "--handlers", good];
    for (const args of [
      ["check", good],
      ["explain", "clients.update", ...data],
      ["setup", "--print-acls"],
      ["dev-stack", "status", "--name", "not-there"],
    ]) {
      const { stderr } = run(args, broken);
      assert.equal(stderr, "", args.join(" "));
    }
  });

  test("stops one that does, with everything that is wrong", () => {
    const { status, stderr } = run(["serve"], { ...broken, HANDLERS_FILE: bad });
    assert.equal(status, 78);
    for (const word of ["KAFKA_SASL_USERNAME", "KAFKA_TLS", "LOG_LEVEL", "KAFKA_BROKERS", "SCHEMA_REGISTRY_URL"]) {
      assert.match(stderr, new RegExp(word));
    }
    assert.match(stderr, /handlers\[0\]: needs events/);
  });
});

test("a hint to run a command names it as it can be run here", () => {
  const { stderr } = run(["setup"]);
  const named = /`(.+) dev-stack start`/.exec(stderr)?.[1];
  assert.equal(named, "npm run -s bridge --");
});

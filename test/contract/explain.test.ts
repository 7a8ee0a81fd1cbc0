import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "explain-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const task = { http: { url: "http://192.0.2.1/hook?token=not-for-eyes" } };
const handlers = [
  {
    ...{ id: "keeper", stage: "before", events: ["clients.update"], task, priority: 1 },
    ...{ mayChange: ["name", { field: "credit", rule: "lower-only" }], onFailure: "allow", timeoutMs: 200 },
  },
  {
    ...{ id: "guard", stage: "before", events: ["clients.update"], task, priority: 2 },
    ...{
      when: 'has(data.credit) && data.credit > decimal("1000")',
      onFailure: { default: "forbid", timeout: "allow" },
    },
  },
  { id: "elsewhere", stage: "before", events: ["clients.create"], task, onFailure: "forbid" },
  { id: "later", stage: "after", events: ["clients.update", "clients.balance_zero"], task, group: "crm", priority: 2 },
  { id: "sooner", stage: "after", events: ["clients.update"], task, group: "crm", priority: 1, status: "disabled" },
];
const file = join(folder, "handlers.yaml");
writeFileSync(file, JSON.stringify({ handlers }));

interface End {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const explain = (...args: string[]): End => explainWith({ HANDLERS_FILE: file }, ...args);

function explainWith(settings: Readonly<Record<string, string>>, ...args: string[]): End {
  const env = { PATH: process.env["PATH"], ...settings };
  return spawnSync(process.execPath, ["src/cli/main.ts", "explain", ...args], { cwd: root, env, encoding: "utf8" });
}

suite("explain", () => {
  test("says in text who is asked, within which limits, and the verdict if each were down", () => {
    const { status, stdout, stderr } = explain("clients.update", "--data", '{"id":12,"credit":"1500"}');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^clients\.update, object 12\. Nothing was called\.$/m);
    assert.match(stdout, /^1 +keeper +mutator +always +200 ms +allow +name; credit lower-only /m);
    assert.match(stdout, /^2 +guard +validator .+ 300 ms +forbid; timeout: allow +nothing /m);
    assert.match(stdout, /for other events: elsewhere/);
    assert.match(stdout, /mutators keeper 200, validators max\(guard 300\), fixed 35 = 535 of 1100 ms/);
    assert.match(stdout, /^all of them allow +allow +handler +0 ms$/m);
    assert.match(stdout, /^keeper fails in any way +allow +failure-policy of keeper +200 ms$/m);
    assert.match(stdout, /^guard fails by timeout +allow +failure-policy of guard +300 ms$/m);
    assert.match(stdout, /^guard fails in any other way +forbid +failure-policy of guard +0 ms$/m);
    assert.match(stdout, /^all of them fail by timeout +allow +failure-policy of keeper +500 ms$/m);
    assert.match(stdout, /^crm +1 +sooner +always +waits /m);
    assert.match(stdout, /^crm +2 +later +always +waits /m);
    assert.doesNotMatch(stdout, /not-for-eyes/);
  });

  test("evaluates `when` on the data as sent, and says that a mutator may change it", () => {
    const { stdout } = explain("clients.update", "--data", '{"id":12,"credit":"500"}');
    assert.match(stdout, /guard: `when` is false, unless a mutator before it changes that/);
  });

  test("prints one JSON object with --json", () => {
    const { stdout } = explain("clients.update", "--data", '{"id":12,"credit":"1500"}', "--json");
    const explained = JSON.parse(stdout) as {
      readonly before: { readonly ifDown: readonly { readonly down: string | null; readonly kind: string }[] };
      readonly after: readonly { readonly id: string; readonly told: string }[];
    };
    assert.deepEqual(new Set(explained.before.ifDown.map(({ down }) => down)), new Set(["keeper", "guard", null]));
    assert.deepEqual(
      explained.after.map(({ id, told }) => `${id} ${told}`),
      ["sooner waits", "later waits"],
    );
  });

  test("an event without a before stage is only told of", () => {
    const { status, stdout, stderr } = explain(
      "clients.balance_zero",
      "--data",
      '{"clients_id":12,"balance":"-1","credit":"0","available":"-1"}',
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /Before: never asked about/);
    assert.match(stdout, /^crm +1 +later +always +yes /m);
  });

  test("data that does not fit the schema is refused by the field's name: exit code 2", () => {
    const { status, stderr } = explain("clients.update", "--data", '{"id":12,"credit":"much","nonsense":1}');
    assert.equal(status, 2);
    assert.match(stderr, /DATA_INVALID.+nonsense: .+credit: /s);
  });

  test("an event that does not exist is exit code 2, a handlers file that does not 78", () => {
    assert.equal(explain("clients.nothing", "--data", "{}").status, 2);
    assert.equal(explain("clients.update", "--data", '{"id":1}', "--handlers", "/nowhere.yaml").status, 78);
  });

  test("what was typed is looked at before the handlers file is", () => {
    for (const [says, ...args] of [
      [/UNKNOWN_EVENT/, "clients.nothing", "--data", "{}"],
      [/DATA_INVALID.*not JSON/, "clients.update", "--data", '{"id":'],
    ] as const) {
      const { status, stderr } = explainWith({}, ...args, "--handlers", "/nowhere.yaml");
      assert.equal(status, 2);
      assert.match(stderr, says);
    }
  });

  test("without a handlers file it names an example, and what is named works as it stands", () => {
    const { status, stderr } = explainWith({}, "clients.update", "--data", '{"id":1}');
    assert.equal(status, 78);
    const named = Object.fromEntries(
      [...stderr.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    assert.deepEqual(Object.keys(named), ["HANDLERS_FILE", "SCRIPTS_DIR", "EGRESS_ALLOW"]);
    const shown = explainWith(named, "clients.update", "--data", '{"id":1,"credit":"5000"}');
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /credit-guard/);
  });
});

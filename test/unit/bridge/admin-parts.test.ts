import assert from "node:assert/strict";
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findToken, makeToken, tokenHash } from "../../../src/admin/identity/tokens.ts";
import { createDefinitions } from "../../../src/bridge/admin/definitions.ts";
import { createEvents } from "../../../src/bridge/admin/events.ts";
import { FileLog } from "../../../src/bridge/admin/file-log.ts";
import { TokensFile } from "../../../src/bridge/admin/tokens-file.ts";
import { definitionReader } from "../../../src/bridge/load-handlers.ts";
import { loadSettings } from "../../../src/config/settings.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";
import { silentLogger } from "../../../src/model/logger.ts";
import { memoryPorts } from "../../support/admin/memory-ports.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const settings = loadSettings({}, ["before", "handlers"]);
const read = definitionReader(settings);
const definitions = createDefinitions(read, 1500);
const events = createEvents(read, 1500);

const guard: HandlerDefinition = {
  ...{ id: "guard", name: "Guard", stage: "before", events: ["clients.update"], status: "enabled", priority: 5 },
  ...{
    task: { http: { url: "https://crm.example.net/x?key=1" } },
    timeoutMs: 300,
    onFailure: "allow",
    mayChange: ["name"],
  },
};

describe("the check of a definition", () => {
  const plain = (definition: object): unknown => JSON.parse(JSON.stringify(definition));

  test("names what is wrong by its place within the definition, whatever the id is", () => {
    for (const id of ["guard", "a.b"]) {
      const wrong = {
        ...guard,
        id,
        task: { http: { url: "http://10.0.0.1/" } },
        when: "data.nothing == 1",
        priority: "first",
      };
      const { problems } = definitions.check(wrong, []);
      assert.deepEqual(problems.map(({ path }) => path).sort(), ["priority", "task.http", "when"]);
      const [needs] = definitions.check(plain({ ...guard, id, onFailure: undefined }), []).problems;
      assert.equal(needs?.path, null);
      assert.match(needs.message, /^needs onFailure/);
      const vendors = {
        ...guard,
        id,
        stage: "after",
        events: ["vendor.thing"],
        onFailure: undefined,
        mayChange: undefined,
      };
      assert.match(definitions.check(plain(vendors), []).warnings[0] ?? "", /^events\[0\]: vendor.thing/);
    }
  });
});

describe("the file of tokens", () => {
  const line = (name: string, token: string): string =>
    JSON.stringify({ name, role: "operator", hash: tokenHash(token) });

  test("is read again within two seconds, and lets nobody in while it cannot be used", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "tokens-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "tokens.yaml");
    const [olga, vera] = [makeToken(), makeToken()];
    writeFileSync(path, `tokens:\n  - ${line("olga", olga)}\n`);
    const clock = new FakeClock();
    const file = new TokensFile(path, clock, silentLogger);
    const who = (token: string): string | undefined => findToken(token, file.tokens)?.name;
    assert.deepEqual([who(olga), who(vera)], ["olga", undefined]);
    writeFileSync(path, `tokens:\n  - ${line("vera", vera)}\n# longer than before\n`);
    await clock.advance(2000);
    assert.deepEqual([who(olga), who(vera)], [undefined, "vera"]);
    writeFileSync(path, "tokens: [");
    await clock.advance(2000);
    assert.equal(who(vera), undefined);
    writeFileSync(path, `tokens: [${line("vera", vera)}]`);
    await clock.advance(2000);
    assert.equal(who(vera), "vera");
    unlinkSync(path);
    await clock.advance(2000);
    assert.equal(who(vera), undefined);
    file.close();
    assert.equal(clock.pendingTimers, 0);
  });

  test("is refused at the start with every problem, none of which repeats a hash", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "tokens-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "tokens.yaml");
    const hash = "sha256:abcdef";
    writeFileSync(
      path,
      JSON.stringify({
        tokens: [
          { name: "", role: "king", hash },
          { name: "a", role: "viewer", hash, more: 1 },
        ],
      }),
    );
    assert.throws(
      () => new TokensFile(path, new FakeClock(), silentLogger),
      (error: Error & { code?: string; problems?: readonly unknown[] }) => {
        assert.equal(error.code, "SETTINGS_INVALID");
        assert.equal(error.problems?.length, 5);
        assert.doesNotMatch(error.message, /abcdef/);
        return true;
      },
    );
    for (const text of ["", "tokens: 1", "[]", "tokens: &a [*a]"]) {
      writeFileSync(path, text);
      assert.throws(() => new TokensFile(path, new FakeClock(), silentLogger), { code: "SETTINGS_INVALID" }, text);
    }
  });
});

describe("definitions", () => {
  test("are described whether they are valid or not", () => {
    const valid = definitions.describe(guard);
    assert.deepEqual(
      [valid.name, valid.stage, valid.mode, valid.group, valid.priority, valid.status],
      ["Guard", "before", "enforce", null, 5, "enabled"],
    );
    const broken = definitions.describe({
      id: "odd",
      events: ["clients.subscriptions.close", 7],
      task: { script: { path: "x.py" } },
      priority: "high",
    });
    assert.deepEqual(broken.events, ["clients.packages.close"]);
    assert.deepEqual(
      [broken.task.kind, broken.task.target, broken.group, broken.priority],
      ["script", "x.py", "odd", 0],
    );
    assert.equal(definitions.describe({ id: "none" }).task.target, "");
  });

  test("are checked with the budget proof beside the others, and the policy of every field", () => {
    const fits = definitions.check(guard, []);
    assert.deepEqual(fits.problems, []);
    assert.deepEqual(
      fits.budget.map(({ event, fits: does }) => [event, does]),
      [["clients.update", true]],
    );
    const policy = new Map(fits.fields.map((field) => [field.field, field]));
    assert.equal(policy.get("id")?.may, "never");
    assert.equal(policy.get("name")?.may, "free");
    assert.equal(policy.get("credit")?.may, "named");
    assert.ok(policy.get("credit")?.rules.includes("lower-only"));
    const others = Array.from({ length: 3 }, (_one, at) => ({ ...guard, id: `other-${at}`, timeoutMs: 300 }));
    const full = definitions.check({ ...guard, status: "disabled" }, others);
    assert.equal(full.problems.length, 1, "also of one that is switched off for now");
    assert.match(full.problems[0]?.message ?? "", /clients\.update/);
    for (const given of [null, 7, "x", [], {}, { id: 7 }])
      assert.equal(definitions.check(given, []).problems.length, 1);
    const wrong = definitions.check({ ...guard, timeoutMs: "soon", evnts: [] }, []);
    assert.ok(wrong.problems.length >= 2);
    assert.ok(wrong.fields.length > 0, "the policy is there while it is being written");
  });
});

describe("events", () => {
  test("have a sample, a schema and those who handle them; a vendor's only who", () => {
    const after: HandlerDefinition = {
      id: "vendor",
      name: "V",
      stage: "after",
      events: ["acme.thing"],
      task: guard["task"],
      status: "enabled",
      priority: 1,
    };
    const list = events.list([guard, after]);
    assert.equal(list.length, 19);
    assert.deepEqual(list.find(({ id }) => id === "clients.update")?.handlers, { before: ["guard"], after: [] });
    for (const { id } of list.slice(0, 18)) {
      const detail = events.detail(id, []);
      assert.ok(detail !== null && detail.sample?.includes(`"events_id": "${id}"`), id);
      assert.ok(detail.fields.length > 0 && detail.schema !== null, id);
    }
    assert.equal(events.detail("clients.subscriptions.close", [])?.row.id, "clients.packages.close");
    assert.deepEqual(events.detail("acme.thing", [after])?.row.handlers.after, ["vendor"]);
    assert.equal(events.detail("acme.thing", []), null);
  });

  test("are explained; what cannot be is said with a stable code", async () => {
    const explained = await events.explain("clients.update", { data: { id: 12, name: "Example" } }, [guard]);
    assert.equal(explained["event"], "clients.update");
    // The canary decides for half of the clients: some of these it is asked about, some not.
    const canary = { ...guard, id: "canary", canary: 50 };
    const asked = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const { before } = await events.explain("clients.update", { data: { id: 12, name: "x" }, client: `c${at}` }, [
          canary,
        ]);
        return (before as { mutators: unknown[] }).mutators.length > 0;
      }),
    );
    assert.deepEqual(new Set(asked), new Set([true, false]));
    await assert.rejects(events.explain("clients.update", { data: { id: "x" } }, []), { code: "DATA_INVALID" });
    await assert.rejects(events.explain("acme.thing", { data: {} }, []), { code: "UNKNOWN_EVENT" });
  });
});

test("handlers of a file are shown and not changed", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "file-log-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "handlers.yaml");
  writeFileSync(path, "handlers: []");
  const log = new FileLog(path, [guard], memoryPorts().handlers);
  assert.deepEqual([...log.all().handlers.keys()], ["guard"]);
  assert.equal((await log.history("guard"))[0]?.write.by, "HANDLERS_FILE");
  assert.equal((await log.write()).kind, "refused");
  assert.match(log.readOnly, /handlers\.yaml/);
});

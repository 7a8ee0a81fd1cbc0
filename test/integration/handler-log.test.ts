import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { WriteEnd } from "../../src/admin/ports.ts";
import { createHandlerStore } from "../../src/bridge/handler-store.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { BridgeError } from "../../src/errors.ts";
import type { HandlerStore } from "../../src/handlers/store.ts";
import { openHandlerLogWriter } from "../../src/kafka/records/handler-log-codec.ts";
import type { HandlerChange, HandlerDefinition } from "../../src/model/handler-log.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";

/** The log of handlers on a real broker: several stores on one log. */

let topics: FreshTopics;
const stores: HandlerStore[] = [];

before(async () => {
  topics = await FreshTopics.open();
});

after(async () => {
  await Promise.all(stores.map((store) => store.close(2000)));
  await topics.close();
});

async function open(env: Readonly<Record<string, string>> = {}, start = true): Promise<HandlerStore> {
  const settings = loadSettings({ ...topics.env, ...env });
  const { client, registry } = topics;
  const store = createHandlerStore({ settings, client, registry, logger: silentLogger });
  stores.push(store);
  if (start) await store.start();
  return store;
}

function told(id: string, more: object = {}): HandlerDefinition {
  return { id, stage: "after", events: ["clients.update"], task: { http: { url: "https://example.net/" } }, ...more };
}

function put(store: HandlerStore, by: string, ...changes: readonly HandlerChange[]): Promise<WriteEnd> {
  return store.write({ action: "update", by, note: null, changes });
}

async function written(write: Promise<WriteEnd>): Promise<number> {
  const end = await write;
  assert.ok(end.kind === "written", JSON.stringify(end));
  return end.revision;
}

/** Puts bytes onto the topic that no store would write. */
function forge(value: Buffer | string | null): Promise<unknown> {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return topics.producer.send({ topic: topics.names.handlers, key: "x", value: bytes, headers: {} });
}

suite("the log of handlers", () => {
  test("shows what one store wrote to another within a second, with who and when, also after it was deleted", async () => {
    const [one, other] = [await open(), await open()];
    const changes: number[] = [];
    other.onChange(() => changes.push(performance.now()));
    const first = await written(put(one, "ann", { handlerId: "crm", base: null, definition: told("crm") }));
    const writtenMs = performance.now();
    await eventually("the other store has it", () => other.all().handlers.has("crm"));
    assert.ok((changes.at(-1) ?? Infinity) - writtenMs < 1000);
    assert.deepEqual(other.all().handlers.get("crm")?.definition, told("crm"));
    assert.equal(other.all().handlers.get("crm")?.changedBy, "ann");
    assert.equal(other.all().revision, first);
    const second = await written(put(other, "bob", { handlerId: "crm", base: first, definition: null }));
    await eventually("it is gone", () => one.all().revision === second);
    assert.equal(one.all().handlers.has("crm"), false);
    assert.deepEqual(
      (await one.history("crm")).map(({ revision, write, definition }) => [revision, write.by, definition?.id]),
      [
        [second, "bob", undefined],
        [first, "ann", "crm"],
      ],
    );
  });

  test("lets one of two racing writers win in each of many rounds, and all stores agree, also a new one", async () => {
    const [one, other] = [await open(), await open()];
    let revision = await written(put(one, "ann", { handlerId: "raced", base: null, definition: told("raced") }));
    const winners: string[] = [];
    for (let round = 0; round < 30; round++) {
      const changeBy = (by: string): HandlerChange => {
        return { handlerId: "raced", base: revision, definition: told("raced", { name: `${by} ${round}` }) };
      };
      const ends = await Promise.all([put(one, "ann", changeBy("ann")), put(other, "bob", changeBy("bob"))]);
      const [winner, ...more] = ends.flatMap((end) => (end.kind === "written" ? [end.revision] : []));
      assert.ok(winner !== undefined && more.length === 0, JSON.stringify(ends));
      const loser = ends.find(({ kind }) => kind !== "written");
      assert.deepEqual(loser, { kind: "conflict", found: winner });
      winners.push(ends[0].kind === "written" ? "ann" : "bob");
      revision = winner;
    }
    const fresh = await open();
    for (const store of [one, other]) await eventually("all have it", () => store.all().revision >= revision);
    assert.deepEqual(fresh.all(), one.all());
    assert.deepEqual(fresh.all(), other.all());
    assert.equal(fresh.all().handlers.get("raced")?.definition["name"], `${winners.at(-1)} 29`);
    assert.equal((await fresh.history("raced")).length, 31);
  });

  test("refuses what this instance would not run, with every problem, and writes nothing", async () => {
    const store = await open();
    const { revision } = store.all();
    const end = await put(
      store,
      "ann",
      { handlerId: "x", base: null, definition: told("x", { task: { http: { url: "http://10.1.2.3/" } }, typo: 1 }) },
      { handlerId: "y", base: null, definition: told("y", { task: { script: { path: "a.py" } } }) },
    );
    assert.ok(end.kind === "refused");
    assert.deepEqual(
      end.problems.map(({ path }) => path),
      ["x.typo", "x.task.http", "y.task.script"],
    );
    assert.equal(store.all().revision, revision);
    const conflict = await put(store, "ann", { handlerId: "x", base: 999_999, definition: told("x") });
    assert.deepEqual(conflict, { kind: "conflict", found: null });
    const file = await open({ HANDLERS_MODE: "file", HANDLERS_FILE: "some.yaml" });
    const readOnly = await put(file, "ann", { handlerId: "x", base: null, definition: told("x") });
    assert.ok(readOnly.kind === "refused");
    assert.match(readOnly.problems[0]?.message ?? "", /HANDLERS_MODE is file: change some.yaml/);
  });

  test("passes over what is no entry, shows it, and goes on", async () => {
    const store = await open();
    await forge("garbage");
    await forge(null);
    await forge(Buffer.alloc(0));
    await forge(Buffer.from([0, 0, 0, 0, 99, 1, 2, 3]));
    const huge = Buffer.alloc(1_500_000, 1);
    huge.fill(0, 0, 5);
    await forge(huge);
    const revision = await written(put(store, "ann", { handlerId: "on", base: null, definition: told("on") }));
    assert.equal(store.all().revision, revision);
    assert.match(store.problems()[0]?.problem ?? "", /^5 records of the log of handlers mean nothing/);
    const fresh = await open();
    assert.deepEqual(fresh.all(), store.all());
  });

  test("carries the switches, and refuses a bypass without end", async () => {
    const [one, other] = [await open(), await open({ HANDLERS_MODE: "file" })];
    const until = new Date(Date.now() + 60_000).toISOString();
    await one.set({ what: "bypass-before", until }, "ann", "an outage");
    await other.set({ what: "pause-group", group: "crm", paused: true }, "bob", null);
    await eventually("both know", () => one.switches().pausedGroups.length === 1);
    assert.deepEqual(other.switches().bypassBefore, { until, by: "ann", note: "an outage" });
    assert.equal(one.switches().pausedGroups[0]?.group, "crm");
    const endless = one.set({ what: "bypass-before", until: "2100-01-01T00:00:00Z" }, "ann", null);
    await assert.rejects(endless, (error) => error instanceof BridgeError && error.code === "USAGE");
    await one.set({ what: "bypass-before", until: null }, "ann", null);
    await eventually("it is over", () => other.switches().bypassBefore === null);
  });

  test("says to run setup where the topic is missing, within its time", async () => {
    const store = await open({ TOPIC_PREFIX: "nobody" }, false);
    const startMs = performance.now();
    await assert.rejects(store.start(6000), /run `.*setup`/);
    assert.ok(performance.now() - startMs < 7000);
  });

  test("a log that was made anew is read to its end before anything of it runs, shorter or as long as it was", async () => {
    const own = await FreshTopics.open();
    const settings = loadSettings({ ...own.env });
    const { client, names, registry } = own;
    const store = createHandlerStore({ settings, client, registry, logger: silentLogger });
    const writer = await openHandlerLogWriter(registry, names.handlers);
    const at = new Date().toISOString();
    let writes = 0;
    const record = (id: string, base: number | null, name: string): Buffer => {
      const changes = [{ handlerId: id, base, definition: told(id, { name }) }];
      return writer.encode({
        kind: "handlers",
        id: `w${writes++}`,
        action: "update",
        by: "ann",
        at,
        note: null,
        changes,
      });
    };
    // More than one answer of the broker holds.
    const first = Array.from({ length: 30 }, (_, of) => record(`h${of}`, null, "first".padEnd(45_000)));
    const write = async (values: readonly Buffer[]): Promise<void> => {
      for (const value of values) await own.producer.send({ topic: names.handlers, key: "x", value, headers: {} });
    };
    const restore = async (values: readonly Buffer[]): Promise<void> => {
      await own.admin.deleteTopics({ topics: [names.handlers] });
      await eventually("it is gone", async () => !(await own.admin.listTopics()).includes(names.handlers));
      await own.setUp(3);
      await write(values);
    };
    const seen = new Set<string>();
    const look = (): string => {
      const { handlers } = store.all();
      const said = `${handlers.size} ${String(handlers.get("h0")?.definition["name"]).trim()}`;
      seen.add(said);
      return said;
    };
    try {
      await write([...first, record("h0", 0, "ann's")]);
      await store.start();
      store.onChange(look);
      assert.equal(look(), "30 ann's");
      // As long as it was: only what stands there tells, and where nothing else makes it look, every 30 s.
      await restore([...first, record("h0", 0, "bob's")]);
      await eventually("it has bob's", () => look() === "30 bob's", 45_000);
      assert.deepEqual([...seen], ["30 ann's", "30 bob's"]);
      assert.deepEqual(store.problems(), []);
      // Shorter.
      await restore(first);
      await eventually("it has what was restored", () => look() === "30 first", 45_000);
      assert.deepEqual([...seen], ["30 ann's", "30 bob's", "30 first"]);
    } finally {
      await store.close(2000);
      await own.close();
    }
  });
});

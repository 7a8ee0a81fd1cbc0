import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import type { ExecutionRow } from "../../src/admin/contract/executions.ts";
import { type ExecutionIndex, startExecutionIndex } from "../../src/execution-log/execution-index.ts";
import type { IndexSettings } from "../../src/execution-log/messages.ts";
import { openDecisionWriter } from "../../src/kafka/records/decision-codec.ts";
import { openExecutionWriter } from "../../src/kafka/records/execution-codec.ts";
import { silentLogger } from "../../src/model/logger.ts";
import { eventually } from "../support/eventually.ts";
import { indexFolder, storedExecution } from "../support/execution-entries.ts";
import { FreshTopics } from "../support/fresh-topics.ts";

/** The index of the execution log, fed by real topics: it has every entry once, whatever ends it and whatever it finds on disk. */

const undo: (() => Promise<unknown>)[] = [];
let topics: FreshTopics;
let settings: IndexSettings;
let written = 0;
let startMs = 0;

before(async () => {
  topics = await FreshTopics.open();
  startMs = Date.now() - 10_000;
  undo.push(() => topics.close());
  const { folder, remove } = indexFolder();
  undo.push(() => {
    remove();
    return Promise.resolve();
  });
  const { kafkaBrokers, schemaRegistryUrl } = topics.servers;
  settings = {
    kafka: {
      ...{ brokers: kafkaBrokers.split(","), clientId: "index", tls: null, sasl: null },
      ...{ connectionTimeoutMs: 2000, requestTimeoutMs: 10_000 },
    },
    registry: { url: schemaRegistryUrl, username: null, password: null, timeoutMs: 5000 },
    topics: topics.names,
    ...{ folder, prefix: topics.prefix, maxAgeMs: 7 * 86_400_000, maxBytes: 2 ** 30 },
  };
});

after(async () => {
  for (const step of undo.reverse()) await step();
});

function open(more: Partial<IndexSettings> = {}): ExecutionIndex {
  const { executions, decisions } = settings.topics;
  const index = startExecutionIndex({ ...settings, topics: { executions, decisions }, ...more }, silentLogger);
  undo.push(() => index.close(3000));
  return index;
}

/** Writes executions with ids `e0`, `e1`, ... on from what was written before. */
async function write(count: number): Promise<void> {
  const writer = await openExecutionWriter(topics.registry, topics.names.executions);
  const one = (at: number) => {
    // One a millisecond: their order is theirs.
    const times = { stage: "after", atMs: startMs + at } as const;
    const value = writer.encode({ ...storedExecution(`e${at}`), ...times, objectId: String(at % 10) });
    return { topic: topics.names.executions, key: `key-${at % 30}`, value, headers: {} };
  };
  const first = written;
  written += count;
  await Promise.all(Array.from({ length: count }, (_, at) => topics.producer.send(one(first + at))));
}

async function idsOf(index: ExecutionIndex): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await index.executions({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items.map(({ id }: ExecutionRow) => id));
    cursor = page.next;
  }
  return found;
}

const isCurrent = (index: ExecutionIndex): boolean => index.state().status === "current" && index.state().behind === 0;

/** Waits until it has read all, and holds it to what was written: each once. */
async function holdsAll(index: ExecutionIndex): Promise<void> {
  let ids: readonly string[] = [];
  await eventually("everything is indexed", async () => {
    if (!isCurrent(index)) return false;
    ids = await idsOf(index);
    return ids.length >= written;
  });
  assert.equal(ids.length, written, "nothing twice");
  assert.equal(new Set(ids).size, written, "nothing missing");
}

test("entries are found some moments after they are written, and told live; a decision is found with its calls", async () => {
  const index = open();
  const heard: string[] = [];
  const stop = index.subscribe((name, data) => heard.push(`${name} ${"id" in data ? data.id : data.count}`));
  await write(50);
  await holdsAll(index);
  await eventually("all are told", () => heard.length >= 50);
  assert.deepEqual([...heard].sort(), Array.from({ length: 50 }, (_, at) => `execution e${at}`).sort());
  const { items } = await index.executions({ object: "3", text: "ann", status: "success", limit: 50 });
  assert.deepEqual(
    items.map(({ id }) => id),
    ["e43", "e33", "e23", "e13", "e3"],
  );
  const [first] = items;
  assert.equal((await index.execution(first?.id ?? ""))?.sent, '{"data":{"name":"Ann"}}');
  assert.equal((await index.recent(Date.now() - 60_000)).get("crm")?.ok, 50);

  const decisions = await openDecisionWriter(topics.registry, topics.names.decisions);
  const value = decisions.encode({
    ...{ operationId: "op-1", attempt: 1, eventId: "clients.update", objectId: "7", clientKey: "7", baseVersion: null },
    ...{
      dataHash: "h",
      sequence: "t/0/1",
      instanceId: "i",
      decision: "forbid",
      decidedBy: "handler",
      handler: "guard",
    },
    ...{
      reason: { code: "vip", message: "never" },
      handlers: [],
      changes: [],
      failures: [],
      warnings: [],
      end: "replied",
    },
    ...{ askedAtMs: Date.now(), receivedAtMs: Date.now(), readMs: 1, decidedMs: 2, repliedMs: 3 },
  });
  await topics.producer.send({ topic: topics.names.decisions, key: "op-1", value, headers: {} });
  await eventually(
    "the decision is indexed",
    async () => (await index.decisions({ handler: "guard" })).items.length === 1,
  );
  const [row] = (await index.decisions({ decision: "forbid", operation: "op-1" })).items;
  assert.deepEqual([row?.reason, row?.ms], ["vip: never", 3]);
  assert.equal((await index.decision(row?.id ?? ""))?.reason?.code, "vip");
  await eventually("the decision is told", () => heard.at(-1) === `decision ${row?.id}`);
  stop();
  await index.close(3000);
  await assert.rejects(index.executions({}), { code: "CLOSED" });
});

test("killed in the middle of indexing, again and again, it has every entry once", async () => {
  await write(6000);
  const { executions, decisions } = settings.topics;
  const own = JSON.stringify({ ...settings, topics: { executions, decisions } });
  for (let kill = 0; kill < 4; kill++) {
    const child = spawn(process.execPath, ["test/support/index-owner.ts", own], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const isGone = new Promise((resolve) => child.once("close", resolve));
    // Somewhere in the middle: as soon as it says that it is behind, and a little later each time.
    for await (const line of createInterface(child.stdout)) {
      const [status, behind] = line.split(" ");
      if (status === "current" || (status === "catching-up" && Number(behind) < 6000 - kill * 1000)) break;
    }
    child.kill("SIGKILL");
    await isGone;
  }
  const index = open();
  await holdsAll(index);
  await index.close(3000);
});

test("a file that is broken, of another cluster or of topics made anew is built anew from the topics", async () => {
  const first = open();
  await holdsAll(first);
  const { file } = first.state();
  assert.ok(file !== null);
  await first.close(3000);
  const changed = (sql: string) => (): void => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  const breaks = [
    () => writeFileSync(file, "no database at all, but long enough that SQLite would look at it as if it were one"),
    changed("UPDATE about SET value = 'another'; DELETE FROM executions WHERE key % 2 = 0"),
    changed("UPDATE positions SET next = next + 100000; DELETE FROM executions WHERE key % 2 = 0"),
  ];
  for (const broken of breaks) {
    broken();
    const index = open();
    await holdsAll(index);
    await index.close(3000);
  }
});

test("without a folder it says why, everything it is asked is refused with that, and its end is quick", async () => {
  const blocked = `${settings.folder}/in-the-way`;
  writeFileSync(blocked, "");
  const index = open({ folder: `${blocked}/index` });
  await eventually("it says why", () => index.state().status === "unusable");
  await assert.rejects(index.executions({}), { code: "INDEX_UNAVAILABLE", message: new RegExp(blocked) });
  const startMs = performance.now();
  await index.close(3000);
  assert.ok(performance.now() - startMs < 4000);
});

test("two instances on one machine have an index each", async () => {
  const [one, other] = [open(), open()];
  await Promise.all([holdsAll(one), holdsAll(other)]);
  assert.notEqual(one.state().file, other.state().file);
  await Promise.all([one.close(3000), other.close(3000)]);
});

test("what retention took before it was indexed is counted, and indexing goes on behind it", async () => {
  const index = open();
  await holdsAll(index);
  await index.close(3000);
  await write(90);
  const ends = await topics.admin.fetchTopicOffsets(topics.names.executions);
  const known = new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
  await topics.admin.deleteTopicRecords({
    topic: topics.names.executions,
    partitions: ends.map(({ partition, high }) => ({ partition, offset: String(Math.max(0, Number(high) - 5)) })),
  });
  const again = open();
  await eventually("it is current", () => isCurrent(again));
  const lost = 90 - [...known.keys()].length * 5;
  assert.equal(again.state().unread, lost);
  assert.equal((await idsOf(again)).length, written - lost);
  await write(20);
  await eventually("it goes on", async () => isCurrent(again) && (await idsOf(again)).length === written - lost);
  await again.close(3000);
});

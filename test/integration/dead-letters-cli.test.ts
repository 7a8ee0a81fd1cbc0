import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openLogReader } from "../../src/kafka/consume/log-reader.ts";
import { logBounds } from "../../src/kafka/topics/log-bounds.ts";
import type { LetterFilter } from "../../src/operations/letter-filter.ts";
import type { OperationParts } from "../../src/operations/letters.ts";
import { Newest, selectLetters } from "../../src/operations/select-letters.ts";
import { type ListedLetter, listedLetter } from "../../src/operations/shown-letter.ts";
import type { BillingClient } from "../../src/sdk/client-options.ts";
import { BridgeProcess } from "../support/bridge-process.ts";
import { type CliEnd, cli } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { FreshTopics } from "../support/fresh-topics.ts";
import { told } from "../support/handlers.ts";
import { Sink, type SinkReply } from "../support/sink.ts";

/** Dead letters as an operator meets them: a real bridge makes them, the command line shows them and brings them back. */

const secret = "s3cret-of-a-switch";
const undo: (() => Promise<void> | void)[] = [];
let topics: FreshTopics;
let sink: Sink;
let bridge: BridgeProcess;
let core: BillingClient;
let parts: OperationParts;
/** What the handlers answer from now on. */
let crm: SinkReply = { status: 400 };
const folder = mkdtempSync(join(tmpdir(), "dead-letters-"));

before(async () => {
  undo.push(() => rmSync(folder, { recursive: true }));
  sink = await Sink.open();
  undo.push(() => sink.close());
  sink.on("/crm", () => crm);
  topics = await FreshTopics.open({ partitions: 2 });
  undo.push(() => topics.close());
  const { client, names, registry, prefix } = topics;
  const reader = await openLogReader(client, 15_000);
  undo.push(() => reader.close());
  parts = { client, registry, reader, topics: names, groupPrefix: prefix, timeoutMs: 15_000 };
  bridge = await start();
  core = await topics.core({ onSilence: "forbid" });
});

async function start(): Promise<BridgeProcess> {
  const events = ["clients.accounts.update", "clients.update"];
  const started = await BridgeProcess.ready({
    env: topics.env,
    stage: "after",
    handlers: [
      told({ id: "erp", events, url: sink.url("/erp"), group: "main", priority: 1 }),
      told({ id: "crm", events, url: sink.url("/crm"), group: "main", priority: 2 }),
      told({ id: "other", events: ["clients.archive"], url: sink.url("/other") }),
    ],
  });
  undo.push(() => started.kill());
  return started;
}

after(async () => {
  for (const step of undo.reverse()) await step();
});

const run = (...args: string[]): Promise<CliEnd> => cli(args, topics.env);

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

/** As `list` finds them, without a process of its own. */
async function list(filter: LetterFilter): Promise<readonly ListedLetter[]> {
  const newest = new Newest<ListedLetter>(50);
  for await (const reading of selectLetters(parts, filter)) {
    if (reading.kind === "letter") newest.add(listedLetter(reading.at, reading.letter));
  }
  return newest.all();
}

/** An event that the handler refuses; resolves when its letter is there. */
async function letterOf(id: number): Promise<ListedLetter> {
  const data = { id, clients_id: id, password: secret };
  await core.publish({ id: "clients.accounts.update", clientId: id, data });
  let found: ListedLetter | undefined;
  await eventually(
    `the letter of ${id}`,
    async () => {
      [found] = await list({ key: String(id), handler: "crm" });
      return found !== undefined;
    },
    30_000,
  );
  return found ?? assert.fail();
}

const callsOf = (path: string, id: number) => sink.at(path).filter(({ body }) => body.data["id"] === id);

describe("one dead letter", () => {
  let letter: ListedLetter;

  before(async () => {
    crm = { status: 400, text: "no" };
    letter = await letterOf(12);
  });

  test("is listed with what was refused, by whom and why, and never with its secrets", async () => {
    const { event, handler, key, reason } = letter;
    assert.deepEqual([event, handler, key, reason], ["clients.accounts.update", "crm", "12", "rejected"]);
    const { code, stdout, stderr } = await run("dead-letters", "list");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^position +died +group +handler/);
    assert.match(
      stdout,
      new RegExp(`^${letter.position} .* main +crm +clients\\.accounts\\.update +12 +12 +rejected`, "m"),
    );
    assert.ok(!stdout.includes(secret));
  });

  test("is found by each filter, and not by another value of it", async () => {
    const hourAgoMs = Date.now() - 3_600_000;
    const pairs: readonly (readonly [right: LetterFilter, wrong: LetterFilter])[] = [
      [{ group: "main" }, { group: "other" }],
      [{ handler: "crm" }, { handler: "erp" }],
      [{ event: "clients.accounts.update" }, { event: "clients.update" }],
      [{ objectId: "12" }, { objectId: "13" }],
      [{ key: "12" }, { key: "1" }],
      [{ reason: "rejected" }, { reason: "gone" }],
      [{ sinceMs: hourAgoMs }, { sinceMs: hourAgoMs + 2 * 3_600_000 }],
      [{ untilMs: hourAgoMs + 2 * 3_600_000 }, { untilMs: hourAgoMs }],
    ];
    for (const [right, wrong] of pairs) {
      const positions = async (filter: LetterFilter) => (await list(filter)).map(({ position }) => position);
      assert.ok((await positions(right)).includes(letter.position), JSON.stringify(right));
      assert.ok(!(await positions(wrong)).includes(letter.position), JSON.stringify(wrong));
    }
    const flags = ["--group", "main", "--object-id", "12", "--since", "1h", "--event", "clients.accounts.update"];
    const { letters } = await json<{ letters: ListedLetter[] }>("dead-letters", "list", ...flags);
    assert.deepEqual(letters, [letter]);
  });

  test("is shown whole with its secrets masked, as text and as JSON; its bytes stay as they were", async () => {
    const { code, stdout } = await run("dead-letters", "show", letter.position);
    assert.equal(code, 0);
    assert.match(stdout, /"password": "\*\*\*"/);
    assert.match(stdout, /header +ce_type: clients\.accounts\.update/);
    assert.match(stdout, /status 400/);
    assert.ok(!stdout.includes(secret));
    const shown = await json<{ data: object }>("dead-letters", "show", letter.position);
    assert.deepEqual((shown.data as { password: string }).password, "***");
    const [partition, offset] = letter.position.split("/").map(Number);
    const stored = (await topics.contents(topics.names.deadLetters)).find(
      (record) => record.partition === partition && record.offset === offset,
    );
    assert.ok(stored?.value?.includes(secret));
  });

  test("is exported as a line of JSON without secrets, to a file of its own that others cannot read", async () => {
    const file = join(folder, "letters.jsonl");
    const written = await run("dead-letters", "export", "--key", "12", "--out", file);
    assert.deepEqual([written.code, written.stdout], [0, ""], written.stderr);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as ListedLetter).position),
      [letter.position],
    );
    assert.ok(!lines.join().includes(secret));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const again = await run("dead-letters", "export", "--out", file);
    assert.equal(again.code, 2, "a file that is there is not written over");
  });

  test("a dry run says what would go where, and nothing goes", async () => {
    const planned = await json<{ letters: ListedLetter[] }>("dead-letters", "replay", letter.position, "--dry-run");
    assert.deepEqual(
      planned.letters.map(({ position, handler }) => [position, handler]),
      [[letter.position, "crm"]],
    );
    assert.deepEqual(await topics.contents(topics.names.replays), []);
  });

  test("goes back to the handler that failed alone, under the same webhook-id, and stays where it is", async () => {
    const [first] = callsOf("/crm", 12);
    crm = { status: 200 };
    const { code, stdout, stderr } = await run("dead-letters", "replay", letter.position);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "1 handed over: 1 delivered, 0 dead again, 0 not ended yet\n");
    const [, second, ...more] = callsOf("/crm", 12);
    assert.deepEqual(more, []);
    for (const header of ["webhook-id", "bridge-sequence", "ce-id", "ce-type"]) {
      assert.equal(second?.headers[header], first?.headers[header], header);
    }
    assert.equal(second?.text, first?.text);
    assert.equal(second?.headers["bridge-attempt"], "1");
    assert.equal(callsOf("/erp", 12).length, 1, "the other handler of the group has it already");
    assert.deepEqual(
      (await list({ key: "12" })).map(({ position }) => position),
      [letter.position],
    );
  });
});

describe("several dead letters", () => {
  test("one that fails again is a dead letter again, and the command says so", async () => {
    crm = { status: 422 };
    const letter = await letterOf(20);
    const { code, stdout } = await run("dead-letters", "replay", letter.position);
    assert.equal(code, 1);
    assert.equal(stdout, "1 handed over: 0 delivered, 1 dead again, 0 not ended yet\n");
    const letters = await list({ key: "20" });
    assert.deepEqual(
      letters.map(({ handler, reason, event }) => [handler, reason, event]),
      Array(2).fill(["crm", "rejected", "clients.accounts.update"]),
    );
    crm = { status: 200 };
    // Of the two letters of one delivery the newest goes.
    const report = await json<object>("dead-letters", "replay", "--key", "20");
    assert.deepEqual(report, {
      handedOver: 1,
      delivered: 1,
      deadAgain: 0,
      waiting: 0,
      left: 0,
      gone: 0,
      superseded: 1,
      gaps: 0,
      outOfOrder: 0,
    });
    assert.equal(callsOf("/crm", 20).length, 3);
  });

  test("a replay that the handler cannot take yet waits at the bridge, in order, and arrives when it can", async () => {
    crm = { status: 400 };
    await letterOf(30);
    crm = { status: 503 };
    const before30 = callsOf("/crm", 30).length;
    const { code, stdout } = await run("dead-letters", "replay", "--key", "30", "--wait-ms", "1");
    assert.equal(code, 0);
    assert.match(stdout, /1 not ended yet/);
    await eventually("it is tried again", () => callsOf("/crm", 30).length >= before30 + 2, 20_000);
    crm = { status: 200 };
    await eventually("it arrives", () => callsOf("/crm", 30).some(({ answered }) => answered === 200), 60_000);
    const ids = new Set(callsOf("/crm", 30).map(({ headers }) => headers["webhook-id"]));
    assert.equal(ids.size, 1);
  });

  test("where a newer event of the key was delivered it warns, and goes on only when told to", async () => {
    crm = { status: 400 };
    const letter = await letterOf(40);
    crm = { status: 200 };
    const data = { id: 40, clients_id: 40, name: "newer" };
    await core.publish({ id: "clients.accounts.update", clientId: 40, data });
    await eventually("the newer one is delivered", () => callsOf("/crm", 40).length === 2, 20_000);
    const refused = await run("dead-letters", "replay", letter.position);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /1 of them would arrive after newer events of their key/);
    assert.match(refused.stderr, /clients\.accounts\.update is newer/);
    assert.match(refused.stderr, /--yes/);
    assert.equal(callsOf("/crm", 40).length, 2, "nothing went");
    assert.equal((await run("dead-letters", "replay", letter.position, "--yes")).code, 0);
    assert.equal(callsOf("/crm", 40).length, 3);
  });

  test("many go in the order of their key, at the rate that was asked for, with progress on standard error", async () => {
    crm = { status: 400 };
    const ids = [50, 51, 52];
    for (const id of ids) await letterOf(id);
    crm = { status: 200 };
    const startedMs = performance.now();
    const { code, stdout, stderr } = await run(
      ...["dead-letters", "replay", "--handler", "crm", "--since", "1h", "--event", "clients.accounts.update"],
      ...["--rate", "2", "--yes"],
    );
    assert.equal(code, 0, stderr);
    const count = Number(/^(\d+) handed over: \1 delivered/.exec(stdout)?.[1]);
    assert.ok(count >= ids.length, stdout);
    assert.ok(performance.now() - startedMs >= ((count - 1) * 1000) / 2, "faster than the rate");
    assert.match(stderr, new RegExp(`handed over \\d+ of ${count}`));
    for (const id of ids) assert.equal(callsOf("/crm", id).length, 2);
  });

  test("stopped by SIGTERM nothing more goes, and it says what is left", async () => {
    // Every letter so far, slowly: long enough to be stopped in the middle.
    crm = { status: 200 };
    const replays = async () => {
      const held = await logBounds(topics.client, topics.names.replays, null, 15_000);
      return held.reduce((sum, { until }) => sum + until, 0);
    };
    const already = await replays();
    const ended = cli(["dead-letters", "replay", "--all", "--yes", "--rate", "1"], topics.env);
    await eventually("one has gone", async () => (await replays()) > already, 30_000);
    ended.child.kill("SIGTERM");
    const { code, stderr } = await ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /stopped: \d+ were not handed over, the first of them \d+\/\d+/);
  });
});

describe("what is wrong is said, with the exit code of its kind", () => {
  for (const [what, args, code, says] of [
    ["a position where nothing stands", ["show", "0/999999"], 2, /no dead letter stands at 0\/999999/],
    ["a partition that is not there", ["show", "99/0"], 2, /has no partition 99; there are: 0 to \d/],
    ["a replay of nothing in particular", ["replay"], 2, /name either positions/],
  ] as const) {
    test(`${what}: ${code}`, async () => {
      const ended = await run("dead-letters", ...args);
      assert.deepEqual([ended.code, ended.stdout], [code, ""], ended.stderr);
      assert.match(ended.stderr, says);
    });
  }

  test("brokers that do not answer: 75, in time", async () => {
    const ended = await cli(["dead-letters", "list"], { ...topics.env, KAFKA_BROKERS: "127.0.0.1:9" });
    assert.equal(ended.code, 75, ended.stderr);
  });
});

test("a replay for a group that nobody runs waits, with a warning, and arrives when a bridge does: also a first one", async () => {
  crm = { status: 400 };
  const letter = await letterOf(60);
  assert.equal(await bridge.terminate(), 0);
  // As a group whose bridge has known no replays so far: it has no position among them.
  await topics.admin.deleteGroups([topics.afterGroup("main")]);
  crm = { status: 200 };
  const { code, stdout, stderr } = await run("dead-letters", "replay", letter.position, "--wait-ms", "0");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /warning: nobody runs .*\.after\.main now: its replays wait/);
  assert.match(stdout, /1 handed over: 0 delivered, 0 dead again, 1 not ended yet/);
  bridge = await start();
  await eventually("it arrives", () => callsOf("/crm", 60).some(({ answered }) => answered === 200), 30_000);
});

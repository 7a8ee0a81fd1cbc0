import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { executionEntry, statusOf } from "../../../src/execution-log/entries.ts";
import type { EntryQuery } from "../../../src/execution-log/entry.ts";
import { mostKinds } from "../../../src/execution-log/kinds.ts";
import type { Store } from "../../../src/execution-log/store.ts";
import type { StoredExecution } from "../../../src/kafka/records/execution-codec.ts";
import { dayMs, indexFolder, indexNowMs, openStore, storedExecution } from "../../support/execution-entries.ts";

function withStore<T>(work: (store: Store, folder: string) => T, more: Parameters<typeof openStore>[1] = {}): T {
  const { folder, remove } = indexFolder();
  const store = openStore(folder, more);
  try {
    return work(store, folder);
  } finally {
    store.close();
    remove();
  }
}

let next = 0;
function add(store: Store, executions: readonly StoredExecution[]): void {
  next += executions.length;
  store.add(executions.map(executionEntry), { topic: "t", partition: 0, next });
}

function everyPage(store: Store, query: Partial<EntryQuery>, limit: number): readonly string[] {
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = store.executions({ kind: {}, ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(page.items.length <= limit);
    found.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  }
  return found;
}

const few = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const execution = fc.record({
  agoMs: fc.integer({ min: 0, max: 20 }),
  handler: few("a", "b", "c"),
  eventId: few("clients.update", "clients.create"),
  stage: few("before", "after"),
  outcome: few("allow", "delivered", "timeout", "cancelled"),
  objectId: fc.option(few("1", "2"), { nil: null }),
  clientKey: fc.option(few("10", "20"), { nil: null }),
  operationId: fc.option(few("o1", "o2"), { nil: null }),
  sent: fc.array(few("red", "green", "blue"), { maxLength: 3 }).map((words) => words.join(" ")),
});
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 1 });
const query = fc.record({
  handler: maybe(few("a", "b", "x")),
  event: maybe(few("clients.update")),
  stage: maybe(few("before", "after")),
  status: maybe(few("success", "fail")),
  outcome: maybe(few("timeout", "allow")),
  object: maybe(few("1", "2")),
  client: maybe(few("10")),
  operation: maybe(few("o1")),
  text: maybe(few("red", "Green blue", "nowhere")),
  sinceAgoMs: maybe(fc.integer({ min: 0, max: 20 })),
  untilAgoMs: maybe(fc.integer({ min: 0, max: 20 })),
});

describe("the index under records that somebody made up", () => {
  it("keeps entries of more kinds than there can be, and goes on telling apart those it knows", () =>
    withStore((store) => {
      add(store, [storedExecution("real")]);
      const count = mostKinds + 500;
      for (let first = 0; first < count; first += 500)
        add(
          store,
          Array.from({ length: 500 }, (_, at) =>
            storedExecution(`forged-${first + at}`, { handler: `h-${first + at}`, objectId: String(first + at) }),
          ),
        );
      add(store, [storedExecution("real-too")]);
      const of = (handler: string): number => store.executions({ kind: { handler }, limit: 10 }).items.length;
      assert.equal(of("crm"), 2);
      assert.equal(of("h-1"), 1);
      assert.equal(of(`h-${count - 1}`), 0, "it is of no kind of its own");
      assert.deepEqual(
        store.executions({ kind: {}, object: String(count - 1), limit: 10 }).items.map(({ handler }) => handler),
        [`h-${count - 1}`],
      );
      const [, figures] = store.recent(indexNowMs - 3_600_000).find(([handler]) => handler === "crm") ?? [];
      assert.equal(figures?.ok, 2);
      assert.equal(store.steps("h-1", indexNowMs - 3_600_000, 3_600_000).outcomes.length, 1);
      assert.deepEqual(store.steps(`h-${count - 1}`, indexNowMs - 3_600_000, 3_600_000).outcomes, []);
      assert.equal(store.execution(`forged-${count - 1}`)?.row.handler, `h-${count - 1}`);
    }));

  it("takes any number of entries of one millisecond, each as fast as the first", () =>
    withStore((store) => {
      const batch = (from: number): number => {
        const startMs = process.cpuUsage().user;
        add(
          store,
          Array.from({ length: 2000 }, (_, at) => storedExecution(`one-${from + at}`, { sent: null, answered: null })),
        );
        return process.cpuUsage().user - startMs;
      };
      const batches = Array.from({ length: 30 }, (_, at) => batch(at * 2000));
      assert.equal(everyPage(store, { kind: { handler: "crm" } }, 5000).length, 60_000);
      const sum = (part: readonly number[]): number => part.reduce((left, right) => left + right, 0);
      assert.ok(sum(batches.slice(-5)) < 4 * sum(batches.slice(1, 6)), batches.join());
    }));
});

describe("the index of executions", () => {
  it("finds by any combination of filters what a look at every entry finds, page by page, newest first", () => {
    fc.assert(
      fc.property(
        fc.array(execution, { maxLength: 60 }),
        fc.array(query, { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        (made, queries, limit) =>
          withStore((store) => {
            const all = made.map(({ agoMs, ...more }, at) =>
              storedExecution(`e${at}`, { ...more, at: new Date(indexNowMs - agoMs).toISOString() }),
            );
            add(store, all);
            for (const {
              client,
              event,
              handler,
              object,
              operation,
              outcome,
              sinceAgoMs,
              stage,
              status,
              text,
              untilAgoMs,
            } of queries) {
              const sinceMs = sinceAgoMs === undefined ? undefined : indexNowMs - sinceAgoMs;
              const untilMs = untilAgoMs === undefined ? undefined : indexNowMs - untilAgoMs;
              const fits = (one: StoredExecution): boolean =>
                (handler ?? one.handler) === one.handler &&
                (event ?? one.eventId) === one.eventId &&
                (stage ?? one.stage) === one.stage &&
                (status ?? statusOf(one.outcome)) === statusOf(one.outcome) &&
                (outcome ?? one.outcome) === one.outcome &&
                (object === undefined || object === one.objectId) &&
                (client === undefined || client === one.clientKey) &&
                (operation === undefined || operation === one.operationId) &&
                (text ?? "")
                  .toLowerCase()
                  .split(" ")
                  .every((word) => word === "" || (one.sent ?? "").split(" ").includes(word)) &&
                Date.parse(one.at) >= (sinceMs ?? 0) &&
                Date.parse(one.at) <= (untilMs ?? Infinity);
              const found = everyPage(
                store,
                { kind: { handler, event, stage, status, outcome }, object, client, operation, text, sinceMs, untilMs },
                limit,
              );
              assert.deepEqual(
                [...found].sort(),
                all
                  .filter(fits)
                  .map(({ id }) => id)
                  .sort(),
              );
              const times = found.map((id) => Date.parse(all.find((one) => one.id === id)?.at ?? ""));
              assert.deepEqual(
                times,
                [...times].sort((left, right) => right - left),
              );
            }
          }),
      ),
      { numRuns: 40 },
    );
  });

  it("shows each entry that was there once, whatever comes while somebody turns pages", () => {
    fc.assert(
      fc.property(
        fc.array(execution, { minLength: 1, maxLength: 30 }),
        fc.array(execution, { maxLength: 30 }),
        (first, later) =>
          withStore((store) => {
            const made = (those: typeof first, prefix: string): StoredExecution[] =>
              those.map(({ agoMs, ...more }, at) =>
                storedExecution(`${prefix}${at}`, { ...more, at: new Date(indexNowMs - agoMs).toISOString() }),
              );
            add(store, made(first, "old"));
            const found: string[] = [];
            const coming = made(later, "new");
            for (let cursor: string | null | undefined; cursor !== null; ) {
              const page = store.executions({ kind: {}, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
              found.push(...page.items.map(({ id }) => id));
              cursor = page.next;
              add(store, coming.splice(0, 5));
            }
            assert.equal(new Set(found).size, found.length);
            assert.equal(found.filter((id) => id.startsWith("old")).length, first.length);
          }),
      ),
      { numRuns: 40 },
    );
  });

  it("shows an entry whole, with the decision it was part of", () => {
    withStore((store) => {
      add(store, [storedExecution("e", { detail: "no answer", outcome: "timeout", answered: null })]);
      const found = store.execution("e");
      assert.deepEqual(
        [found?.row.said, found?.row.status, found?.sent, found?.answered, found?.decision, found?.delayMs],
        ["no answer", "fail", '{"data":{"name":"Ann"}}', null, null, 20],
      );
      assert.equal(store.execution("other"), null);
    });
  });

  it("keeps more entries of one millisecond than have keys in it, in the order they came", () => {
    withStore((store) => {
      const many = Array.from({ length: 2500 }, (_, at) => storedExecution(`e${at}`));
      add(store, many);
      assert.deepEqual(everyPage(store, {}, 200), many.map(({ id }) => id).reverse());
    });
  });

  it("removes what is too old, a little at a time, words and figures too, and takes nothing that is older already", () => {
    let nowMs = indexNowMs;
    withStore(
      (store) => {
        const at = (id: string, agoDays: number): StoredExecution =>
          storedExecution(id, { at: new Date(indexNowMs - agoDays * dayMs).toISOString() });
        add(store, [at("ancient", 9), ...Array.from({ length: 250 }, (_, n) => at(`old${n}`, 5)), at("new", 1)]);
        assert.equal(everyPage(store, {}, 100).length, 251);
        nowMs += 4 * dayMs;
        assert.equal(store.trim(), true);
        while (store.trim()) assert.ok(true);
        store.trimFigures();
        assert.deepEqual(everyPage(store, {}, 10), ["new"]);
        assert.deepEqual(everyPage(store, { text: "Ann" }, 10), ["new"]);
        assert.equal(store.execution("old1"), null);
        const { steps } = store.steps("crm", 0, 86_400_000);
        assert.deepEqual(
          steps.map(({ ok }) => ok),
          [1],
        );
      },
      { nowMs: () => nowMs },
    );
  });

  it("keeps to its bound of bytes: the oldest entries go first, the newest stay", () => {
    const maxBytes = 3 * 2 ** 20;
    withStore(
      (store) => {
        const words = (at: number): string =>
          Array.from({ length: 60 }, (_, n) => `word${(at * 31 + n * 17) % 5000}`).join(" ");
        const all = Array.from({ length: 6000 }, (_, at) =>
          storedExecution(`e${at}`, {
            at: new Date(indexNowMs - 60_000 + at).toISOString(),
            sent: words(at),
            objectId: String(at),
          }),
        );
        for (let first = 0; first < all.length; first += 200) {
          add(store, all.slice(first, first + 200));
          while (store.trim()) assert.ok(true);
        }
        assert.ok(store.bytes() <= maxBytes);
        const left = everyPage(store, {}, 200);
        assert.ok(left.length > 500, `${left.length} entries in ${maxBytes} bytes`);
        assert.deepEqual(
          left,
          all
            .slice(-left.length)
            .map(({ id }) => id)
            .reverse(),
        );
      },
      { maxBytes },
    );
  });

  it("adds entries and their position together, or neither", () => {
    withStore((store) => {
      add(store, [storedExecution("first")]);
      const before = store.positions();
      const broken = {
        ...executionEntry(storedExecution("broken")),
        row: {
          get id(): string {
            throw new Error("boom");
          },
        },
      };
      const more = [executionEntry(storedExecution("second", { handler: "never-seen" })), broken];
      assert.throws(() => store.add(more, { topic: "t", partition: 0, next: 99 }), /boom/);
      assert.deepEqual(store.positions(), before);
      assert.deepEqual(everyPage(store, {}, 10), ["first"]);
      assert.deepEqual(
        store.recent(0).map(([handler]) => handler),
        ["crm"],
      );
      add(store, [storedExecution("third", { handler: "new" })]);
      assert.deepEqual(everyPage(store, { kind: { handler: "new" } }, 10), ["third"]);
    });
  });

  it("refuses a cursor that no page has named", () => {
    withStore((store) => {
      assert.throws(() => store.executions({ kind: {}, limit: 1, cursor: "1; DROP TABLE executions" }), {
        code: "USAGE",
      });
    });
  });

  it("counts calls by minute and hour: a cancelled one is neither a success nor a failure", () => {
    withStore((store) => {
      const at = (minutes: number, outcome: string, ms: number, n: number): StoredExecution =>
        storedExecution(`${minutes}${outcome}${n}`, {
          at: new Date(indexNowMs - minutes * 60_000).toISOString(),
          outcome,
          ms,
        });
      add(store, [
        ...Array.from({ length: 90 }, (_, n) => at(5, "delivered", 10, n)),
        ...Array.from({ length: 10 }, (_, n) => at(5, "timeout", 1000, n)),
        at(5, "cancelled", 99_999, 0),
        ...Array.from({ length: 4 }, (_, n) => at(90, "delivered", 50, n)),
      ]);
      const [[handler, recent] = []] = store.recent(indexNowMs - 600_000);
      assert.deepEqual([handler, recent?.ok, recent?.failed], ["crm", 90, 10]);
      assert.ok(recent?.p95Ms != null && Math.abs(recent.p95Ms / 1000 - 1) < 0.1);
      for (const stepMs of [300_000, 3_600_000]) {
        const { outcomes, steps } = store.steps("crm", indexNowMs - 3 * 3_600_000, stepMs);
        assert.deepEqual(
          steps.map(({ ok, failed }) => [ok, failed]),
          [
            [4, 0],
            [90, 10],
          ],
        );
        assert.ok(
          steps.every(({ p50Ms }, step) => p50Ms != null && Math.abs(p50Ms / (step === 0 ? 50 : 10) - 1) < 0.15),
        );
        assert.deepEqual(outcomes, [
          { outcome: "delivered", count: 94 },
          { outcome: "timeout", count: 10 },
          { outcome: "cancelled", count: 1 },
        ]);
      }
    });
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readDefinition } from "../../../src/config/definition.ts";
import { refusalsOf } from "../../../src/handlers/check-write.ts";
import { LogFold } from "../../../src/handlers/fold.ts";
import { select } from "../../../src/handlers/running.ts";
import type { HandlerChange, HandlerDefinition } from "../../../src/model/handler-log.ts";

const options = {
  read: (definition: HandlerDefinition) =>
    readDefinition(definition, {
      shapes: () => undefined,
      deadlineMs: null,
      refusalOf: (task) =>
        task.kind === "http" && task.url.includes("127.") ? "is not one the bridge may call" : null,
    }),
  deadlineMs: 1500,
  breathe: () => Promise.resolve(),
};

function guard(id: string, more: object = {}): HandlerDefinition {
  const task = { http: { url: `https://example.net/${id}` } };
  return { id, stage: "before", events: ["clients.update"], task, onFailure: "allow", timeoutMs: 500, ...more };
}

/** A log in which each record changes one handler, or several. */
function logOf(...records: readonly (readonly [string, HandlerDefinition | null])[][]): LogFold {
  const fold = new LogFold();
  for (const [offset, record] of records.entries()) {
    const changes = record.map(([handlerId, definition]): HandlerChange => {
      return { handlerId, base: fold.revisionOf(handlerId), definition };
    });
    const at = "2026-01-01T00:00:00.000Z";
    const taken = fold.take(offset, 0, {
      kind: "handlers",
      id: `w${offset}`,
      action: "update",
      by: "ann",
      at,
      note: null,
      changes,
    });
    assert.equal(taken, "counted");
  }
  return fold;
}

async function runs(fold: LogFold): Promise<Record<string, string>> {
  const { handlers } = await select(fold.state.versions, options);
  return Object.fromEntries(handlers.map(({ handler, revision }) => [handler.id, `${revision} ${handler.status}`]));
}

const local = { task: { http: { url: "http://127.0.0.1/" } } };

suite("what an instance runs of the log", () => {
  test("is the newest version of each handler, but the last valid one where that is not", async () => {
    const fold = logOf(
      [["a", guard("a")]],
      [["a", guard("a", local)]],
      [["a", guard("a", { typo: 1 })]],
      [["b", guard("b", local)]],
      [["c", guard("c")]],
    );
    assert.deepEqual(await runs(fold), { a: "0 enabled", c: "4 enabled" });
    const { refused } = await select(fold.state.versions, options);
    assert.deepEqual(
      [...refused].map(([id, problems]) => [id, problems.map(({ path }) => path)]),
      [
        ["a", ["a.typo"]],
        ["b", ["b.task.http"]],
      ],
    );
  });

  test("is switched off by what says so, whatever else is wrong with that", async () => {
    const fold = logOf([["a", guard("a")]], [["a", guard("a", { status: "disabled", ...local })]]);
    assert.deepEqual(await runs(fold), { a: "0 disabled" });
  });

  test("never goes back behind a deletion", async () => {
    const fold = logOf([["a", guard("a")]], [["a", null]], [["a", guard("a", local)]]);
    assert.deepEqual(await runs(fold), {});
  });

  test("keeps what fitted the budget: the newest of those that do not fit gives way", async () => {
    const slow = { timeoutMs: 900, mayChange: ["name"] };
    const fold = logOf(
      [["a", guard("a", { mayChange: ["name"] })]],
      [["b", guard("b", { mayChange: ["name"], timeoutMs: 400 })]],
      [["a", guard("a", slow)]],
      [["c", guard("c", slow)]],
    );
    assert.deepEqual(await runs(fold), { a: "0 enabled", b: "1 enabled" });
    const { refused } = await select(fold.state.versions, options);
    assert.deepEqual([...refused.keys()].sort(), ["a", "c"]);
    assert.match(refused.get("c")?.[0]?.message ?? "", /mutators a 900 \+ b 400 \+ c 900/);
  });

  test("is the same whatever came between, of versions that are equally new the last by id gives way", async () => {
    const mutator = { mayChange: ["name"], timeoutMs: 600 };
    const fold = logOf([
      ["a", guard("a", mutator)],
      ["b", guard("b", mutator)],
    ]);
    assert.deepEqual(await runs(fold), { a: "0 enabled" });
  });

  test("is nothing of a budget that best effort handlers alone break", async () => {
    const records = Array.from({ length: 230 }, (_, at) => {
      const id = `h${String(at).padStart(3, "0")}`;
      return [[id, guard(id, { bestEffort: true, mayChange: ["name"] })] as const];
    });
    const { handlers } = await select(logOf(...records).state.versions, options);
    assert.equal(handlers.length, 214);
  });
});

suite("a write is refused", () => {
  const state = logOf([["a", guard("a", { mayChange: ["name"] })]], [["bad", guard("bad", local)]]).state;
  const check = async (...changes: readonly HandlerChange[]) =>
    (await refusalsOf(state, changes, options)).map(({ path }) => path);

  test("for what it would break, and not for what is broken already", async () => {
    const more = { mayChange: ["name"], timeoutMs: 700 };
    assert.deepEqual(await check({ handlerId: "b", base: null, definition: guard("b", more) }), ["b.events"]);
    assert.deepEqual(await check({ handlerId: "b", base: null, definition: guard("b") }), []);
    assert.deepEqual(await check({ handlerId: "b", base: null, definition: guard("b", { typo: 1, ...local }) }), [
      "b.typo",
      "b.task.http",
    ]);
  });

  test("never where it only switches off, and never where it deletes", async () => {
    const off = guard("bad", { ...local, status: "disabled" });
    assert.deepEqual(await check({ handlerId: "bad", base: 1, definition: off }), []);
    assert.deepEqual(await check({ handlerId: "bad", base: 1, definition: { ...off, name: "x" } }), ["bad.task.http"]);
    assert.deepEqual(await check({ handlerId: "bad", base: 1, definition: null }), []);
  });
});

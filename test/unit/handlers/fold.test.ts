import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { foldBounds, LogFold } from "../../../src/handlers/fold.ts";
import type { HandlerChange, HandlerLogEntry, HandlerWrite, SwitchChange } from "../../../src/model/handler-log.ts";

const t0 = Date.parse("2026-01-01T00:00:00Z");
let writes = 0;

function write(...changes: readonly HandlerChange[]): HandlerWrite {
  const id = `w${++writes}`;
  return { kind: "handlers", id, action: "update", by: "ann", at: "2026-01-01T00:00:00.000Z", note: null, changes };
}

function change(handlerId: string, base: number | null, text: string | null): HandlerChange {
  return { handlerId, base, definition: text === null ? null : { id: handlerId, name: text } };
}

function set(what: SwitchChange): HandlerLogEntry {
  return { kind: "switch", id: `s${++writes}`, by: "ann", at: "2026-01-01T00:00:00.000Z", note: "why", change: what };
}

/** The newest definitions by id, with their revisions. */
function newest(fold: LogFold): Record<string, readonly [number, unknown]> {
  return Object.fromEntries(
    [...fold.state.versions].map(([id, versions]) => {
      const last = versions.at(-1);
      return [id, [last?.revision ?? -1, last?.definition?.["name"] ?? null]];
    }),
  );
}

suite("the fold of the log of handlers", () => {
  test("the first of two who build on the same version wins, and the other one is passed over", () => {
    const fold = new LogFold();
    assert.equal(fold.take(0, t0, write(change("a", null, "first"))), "counted");
    assert.equal(fold.take(1, t0, write(change("a", 0, "ann's"))), "counted");
    assert.equal(fold.take(2, t0, write(change("a", 0, "bob's"))), "conflict");
    assert.equal(fold.take(3, t0, write(change("a", 1, "bob's, having looked"))), "counted");
    assert.deepEqual(newest(fold), { a: [3, "bob's, having looked"] });
    assert.equal(fold.state.revision, 3);
  });

  test("a record of several changes counts whole or not at all", () => {
    const fold = new LogFold();
    fold.take(0, t0, write(change("a", null, "1"), change("b", null, "1")));
    assert.equal(fold.take(1, t0, write(change("a", 0, "2"), change("b", null, "2"))), "conflict");
    assert.equal(fold.take(2, t0, write(change("a", 0, "3"), change("b", 0, null))), "counted");
    assert.deepEqual(newest(fold), { a: [2, "3"], b: [2, null] });
  });

  test("what was deleted can be made anew, by who knows that it is gone", () => {
    const fold = new LogFold();
    fold.take(0, t0, write(change("a", null, "1")));
    fold.take(1, t0, write(change("a", 0, null)));
    assert.equal(fold.take(2, t0, write(change("a", 0, "2"))), "conflict");
    assert.equal(fold.take(3, t0, write(change("a", 1, "2"))), "conflict");
    assert.equal(fold.take(4, t0, write(change("a", null, "2"))), "counted");
    assert.equal(fold.state.versions.get("a")?.length, 3);
  });

  test("what no sane writer writes counts nowhere", () => {
    const fold = new LogFold();
    const large = "x".repeat(foldBounds.definitionBytes);
    for (const entry of [
      write(),
      write(change("a", null, "1"), change("a", null, "2")),
      write(change("../a", null, "1")),
      write(change("a", null, large)),
      { ...write(change("a", null, "1")), by: "x".repeat(2000) },
      set({ what: "bypass-before", until: "soon" }),
      // Each instance would take it for another time, by the zone of its machine.
      set({ what: "bypass-before", until: "2026-01-01T01:00:00" }),
      set({ what: "bypass-before", until: "Jan 1 2026 01:00" }),
      set({ what: "bypass-before", until: "2026-01-03T00:00:00Z" }),
      set({ what: "pause-group", group: "no group", paused: true }),
    ])
      assert.equal(fold.take(0, t0, entry), "refused");
    assert.equal(fold.state.versions.size, 0);
  });

  test("no number of records makes it hold more than so many handlers, bytes and versions", () => {
    const fold = new LogFold();
    const many = Array.from({ length: foldBounds.handlers }, (_, at) => change(`h${at}`, null, "1"));
    assert.equal(fold.take(0, t0, write(...many)), "counted");
    assert.equal(fold.take(1, t0, write(change("more", null, "1"))), "refused");
    assert.equal(fold.take(2, t0, write(change("h0", 0, null), change("more", null, "1"))), "counted");
    for (let offset = 3; offset < 1003; offset++)
      fold.take(offset, t0, write(change("h1", fold.revisionOf("h1"), "x")));
    assert.equal(fold.state.versions.get("h1")?.length, 200);
    const large = "x".repeat(50_000);
    let refused = 0;
    for (let at = 10; at < 100; at++)
      if (fold.take(2000 + at, t0, write(change(`h${at}`, 0, large))) === "refused") refused++;
    assert.ok(refused > 40, `${refused} of 90 large ones were refused`);
    for (let offset = 3000; offset < 5000; offset++)
      fold.take(offset, t0, write(change(`h${10 + (offset % 20)}`, fold.revisionOf(`h${10 + (offset % 20)}`), large)));
    const bytes = [...fold.state.versions.values()].flat().reduce((sum, version) => sum + version.bytes, 0);
    assert.ok(bytes < 33 * 1024 * 1024 && bytes > 16 * 1024 * 1024, `${bytes} bytes of history`);
    assert.equal(Object.values(newest(fold)).filter(([, name]) => name !== null).length, foldBounds.handlers);
  });

  test("the last switch of its kind holds, and what was handed out does not change", () => {
    const fold = new LogFold();
    fold.take(0, t0, set({ what: "pause-group", group: "g", paused: true }));
    const before = fold.state;
    fold.take(1, t0, set({ what: "pause-group", group: "g", paused: false }));
    fold.take(2, t0, set({ what: "bypass-before", until: "2026-01-01T01:00:00Z" }));
    fold.take(3, t0, set({ what: "log-level", level: "debug" }));
    assert.deepEqual([...before.switches.pausedGroups.keys()], ["g"]);
    assert.deepEqual([...fold.state.switches.pausedGroups.keys()], []);
    assert.equal(fold.state.switches.bypassBefore?.untilMs, t0 + 3_600_000);
    assert.equal(fold.state.switches.logLevel, "debug");
    assert.equal(fold.state.revision, -1);
  });
});

suite("any interleaving of racing writers", () => {
  const ids = ["a", "b", "c"] as const;
  /** What a writer does in its turn: it looks, or writes on what it saw when it looked last. */
  const turn = fc.record({
    writer: fc.nat(3),
    what: fc.constantFrom("look", "write", "delete", "both"),
    id: fc.constantFrom(...ids),
  });

  test("gives every reader the same state, however the log was cut, restarts included, and loses no update", () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 5 }), (turns, restarts) => {
        const log: HandlerWrite[] = [];
        const first = new LogFold();
        const seen = new Map<number, Map<string, number | null>>();
        /** By a plain model: the newest write of each handler, and whether its writer had seen the one before. */
        const model = new Map<string, { readonly base: number | null; readonly at: number; readonly gone: boolean }>();
        const look = (writer: number): void => {
          seen.set(writer, new Map(ids.map((id) => [id, first.revisionOf(id)])));
        };
        for (const { writer, what, id } of turns) {
          if (what === "look" || !seen.has(writer)) {
            look(writer);
            continue;
          }
          const base = (of: string): number | null => seen.get(writer)?.get(of) ?? null;
          const name = `${writer} at ${log.length}`;
          const touched = what === "both" ? [...ids] : [id];
          const entry = write(...touched.map((one) => change(one, base(one), what === "delete" ? null : name)));
          const offset = log.push(entry) - 1;
          const taken = first.take(offset, t0, entry);
          const current = (of: string) => {
            const known = model.get(of);
            return known === undefined || known.gone ? null : known.at;
          };
          assert.equal(taken, touched.every((one) => base(one) === current(one)) ? "counted" : "conflict");
          if (taken === "counted")
            for (const one of touched) model.set(one, { base: current(one), at: offset, gone: what === "delete" });
        }
        for (const one of ids) {
          const known = model.get(one);
          assert.equal(first.revisionOf(one), known === undefined || known.gone ? null : known.at);
        }
        // Another reader, at any moment, from the start.
        for (const until of [...restarts, log.length]) {
          const other = new LogFold();
          const half = new LogFold();
          for (const [offset, entry] of log.slice(0, until).entries()) {
            other.take(offset, t0, entry);
            half.take(offset, t0, entry);
            // Looking between records changes nothing.
            assert.ok(half.state);
          }
          assert.deepEqual(other.state, half.state);
          if (until >= log.length) assert.deepEqual(other.state, first.state);
        }
        // No lost update: the versions of a handler are a chain, each built on the one before.
        for (const [id, versions] of first.state.versions) {
          let before: number | null = null;
          for (const version of versions) {
            const own = log[version.revision]?.changes.find(({ handlerId }) => handlerId === id);
            assert.equal(own?.base ?? null, before);
            before = version.definition === null ? null : version.revision;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

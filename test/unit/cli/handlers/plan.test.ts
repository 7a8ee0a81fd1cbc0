import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  heldBy,
  planApply,
  planDelete,
  planRollback,
  planStatus,
  type Standings,
} from "../../../../src/cli/handlers/plan.ts";
import { changeLines, planText } from "../../../../src/cli/handlers/text.ts";

const crm = {
  id: "crm",
  stage: "after",
  events: ["clients.update"],
  task: { http: { url: "http://10.0.0.5/?key=s3cret" } },
};
const guard = { id: "guard", stage: "before", timeoutMs: 300 };
const standings: Standings = new Map([
  ["crm", { definition: crm, revision: 4 }],
  ["guard", { definition: guard, revision: 7 }],
]);

suite("applying a file", () => {
  test("creates, changes and leaves alone, each change built on the revision that was seen", () => {
    const file = [{ ...guard, timeoutMs: 200 }, crm, { id: "new", stage: "after" }];
    const { changes, left, unchanged } = planApply(standings, file, false);
    assert.deepEqual(
      changes.map(({ kind, change }) => [kind, change.handlerId, change.base]),
      [
        ["update", "guard", 7],
        ["create", "new", null],
      ],
    );
    assert.deepEqual([left, unchanged], [[], ["crm"]]);
  });

  test("deletes what is not in the file only when it is told to, and says what it keeps", () => {
    const kept = planApply(standings, [crm], false);
    assert.deepEqual([kept.changes, kept.left], [[], ["guard"]]);
    const pruned = planApply(standings, [crm], true);
    assert.deepEqual(
      pruned.changes.map(({ kind, change }) => [kind, change]),
      [["delete", { handlerId: "guard", base: 7, definition: null }]],
    );
    assert.match(planText(kept), /kept \(--prune deletes them\): guard/);
  });

  test("does not care in which order keys stand", () => {
    const { timeoutMs, ...rest } = guard;
    assert.deepEqual(planApply(standings, [{ timeoutMs, ...rest }, crm], false).changes, []);
  });

  test("shows the keys that differ, and nothing that an address hides", () => {
    const task = { http: { url: "http://10.0.0.5/?key=n3wkey", secretRef: "env:CRM" } };
    const [change] = planApply(standings, [{ ...crm, task }], false).changes;
    assert.ok(change);
    const text = changeLines(change).join("\n");
    assert.doesNotMatch(text, /s3cret|n3wkey/);
    assert.match(text, /~ update crm \(revision 4\)/);
    assert.match(text, /task\.http\.url: "http:\/\/10\.0\.0\.5\/\?key=\*\*\*" -> another, in what is masked/);
    assert.match(text, /task\.http\.secretRef: "env:CRM"/);
  });
});

suite("another status", () => {
  test("is written for those that do not have it, and `enabled` is what is not stated", () => {
    assert.deepEqual(planStatus(standings, ["crm", "guard"], "enabled"), []);
    const [change] = planStatus(standings, ["crm", "crm"], "disabled");
    assert.deepEqual(change?.change, { handlerId: "crm", base: 4, definition: { ...crm, status: "disabled" } });
    assert.deepEqual(change.differences, [{ key: "status", from: null, to: '"disabled"' }]);
  });

  test("may come with a time since when events are meant for it, after the event only", () => {
    const since = "2026-01-31T12:00:00.000Z";
    const off = new Map(standings).set("crm", { definition: { ...crm, status: "disabled" }, revision: 5 });
    const [change] = planStatus(off, ["crm"], "enabled", since);
    assert.deepEqual(change?.change, { handlerId: "crm", base: 5, definition: { ...crm, status: "enabled", since } });
    assert.throws(() => planStatus(standings, ["guard"], "enabled", since), {
      code: "USAGE",
      message: /leave out --from/,
    });
  });

  test("of a handler that is not there is refused, with those that may be meant", () => {
    const known = { code: "USAGE", message: /no handler "crm2"; there is crm/ };
    assert.throws(() => planStatus(standings, ["guard", "crm2"], "disabled"), known);
    assert.throws(() => planDelete(standings, ["gard"]), { code: "USAGE" });
  });

  test("holds up who comes after it in its group, and nobody else", () => {
    const handlers = [
      { id: "first", group: "g", status: "enabled", priority: 1 },
      { id: "off", group: "g", status: "disabled", priority: 5 },
      { id: "second", group: "g", status: "enabled", priority: 5 },
      { id: "late", group: "g", status: "disabled", priority: 9 },
      { id: "other", group: "h", status: "enabled", priority: 9 },
      { id: "guard", group: null, status: "disabled", priority: 1 },
    ];
    assert.deepEqual(heldBy(["off", "guard"], handlers), [{ id: "off", group: "g", waits: ["second"] }]);
  });
});

test("a rollback of what was deleted creates it anew", () => {
  const { kind, change } = planRollback(new Map(), "crm", crm);
  assert.deepEqual([kind, change.base], ["create", null]);
});

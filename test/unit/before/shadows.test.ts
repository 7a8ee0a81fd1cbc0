import assert from "node:assert/strict";
import { test } from "node:test";
import { decide } from "../../../src/before/chain.ts";
import type { BeforeTasks, ShadowReport } from "../../../src/before/ports.ts";
import { Shadows } from "../../../src/before/shadows.ts";
import type { BeforeHandler } from "../../../src/model/handler.ts";
import {
  allow,
  beforeHandler,
  conditionThat,
  FakeTasks,
  forbid,
  mutator,
  never,
  patch,
  question,
} from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const mode = "shadow";

/** Decides one question with the enforced handlers, lets the shadows follow, and returns what they report in a second. */
async function shadowed(
  handlers: readonly BeforeHandler[],
  enforced: BeforeTasks,
  shadow: BeforeTasks,
): Promise<readonly ShadowReport[]> {
  const clock = new FakeClock();
  const reports: ShadowReport[] = [];
  const shadows = new Shadows(handlers, { tasks: shadow, clock, observer: (report) => void reports.push(report) });
  const asked = question(clock);
  shadows.follow(asked, await decide(asked, handlers, { tasks: enforced, clock }));
  await clock.advance(1000);
  assert.equal(shadows.inFlight, 0);
  assert.equal(clock.pendingTimers, 0);
  return reports;
}

function ends(reports: readonly ShadowReport[]): unknown[] {
  return reports.map(({ handler, enforced, end }) =>
    end.kind === "compared" ? [handler, enforced, end.decision, end.fields] : [handler, enforced, end.kind],
  );
}

test("a shadow's decision is compared with the verdict that counts, whichever is stricter", async () => {
  const handlers = [beforeHandler("real"), beforeHandler("candidate", { mode })];
  const allowing = new FakeTasks();
  const refusing = new FakeTasks({ real: forbid("no"), candidate: forbid("no") });
  assert.deepEqual(ends(await shadowed(handlers, allowing, refusing)), [["candidate", "allow", "forbid", []]]);
  assert.deepEqual(ends(await shadowed(handlers, refusing, allowing)), [["candidate", "forbid", "allow", []]]);
  assert.deepEqual(ends(await shadowed(handlers, refusing, refusing)), [["candidate", "forbid", "forbid", []]]);
});

test("a mutator is compared field by field: what it changed, and what the verdict changed that it may change", async () => {
  const mayChange = [
    { field: "name", rule: "any" },
    { field: "notes", rule: "any" },
    { field: "credit", rule: "any" },
  ] as const;
  const handlers = [
    mutator("real", { mayChange: [...mayChange, { field: "orig_capacity", rule: "any" }] }),
    mutator("candidate", { mode, mayChange }),
  ];
  const enforced = new FakeTasks({ real: patch({ name: "X", credit: "50", orig_capacity: 5 }) });
  const shadow = new FakeTasks({ candidate: patch({ name: "X", notes: "new" }) });
  const [report] = await shadowed(handlers, enforced, shadow);
  assert.deepEqual(report?.end.kind === "compared" && report.end.fields, [
    { field: "name", agrees: true },
    { field: "credit", agrees: false },
    { field: "notes", agrees: false },
  ]);
  assert.equal(shadow.asked[0]?.call.event.data["name"], "Acme", "it is asked about the data as sent");
});

test("a validator in the shadow sees the data as the verdict left it, and no fields are compared", async () => {
  const shadow = new FakeTasks();
  const handlers = [mutator("real"), beforeHandler("candidate", { mode })];
  const reports = await shadowed(handlers, new FakeTasks({ real: patch({ name: "X" }) }), shadow);
  assert.equal(shadow.asked[0]?.call.event.data["name"], "X");
  assert.deepEqual(ends(reports), [["candidate", "allow", "allow", []]]);
});

test("a shadow that fails gives no verdict, whatever its policy would have made of it", async () => {
  const onFailure = { default: "allow", byKind: {} } as const;
  const broken = (id: string) => beforeHandler(id, { mode, onFailure });
  const shadow = new FakeTasks({
    b: () => Promise.reject(new Error("broken")),
    c: { kind: "failure", failure: { kind: "status", detail: "500", status: 500 } },
    d: patch({ id: 99 }),
    e: never,
  });
  const reports = await shadowed(["b", "c", "d", "e"].map(broken), new FakeTasks(), shadow);
  const kinds = reports.map(({ handler, end }) => [handler, end.kind === "failed" && end.failure.kind]);
  assert.deepEqual(kinds, [
    ["b", "internal"],
    ["c", "status"],
    ["d", "not-permitted"],
    ["e", "timeout"],
  ]);
});

test("a shadow whose condition does not match, that is disabled or that is for other events says nothing", async () => {
  const handlers = [
    beforeHandler("a", { mode, condition: conditionThat(() => ({ kind: "no-match" })) }),
    beforeHandler("b", { mode, status: "disabled" }),
    beforeHandler("c", { mode, events: ["clients.archive"] }),
    beforeHandler("d"),
  ];
  const shadow = new FakeTasks();
  assert.deepEqual(await shadowed(handlers, new FakeTasks(), shadow), []);
  assert.deepEqual(shadow.asked, []);
});

test("following returns at once, starts nothing itself, and past the bound shadows are skipped and counted", async () => {
  const clock = new FakeClock();
  const reports: ShadowReport[] = [];
  const tasks = new FakeTasks({ hanging: never });
  const handlers = [beforeHandler("hanging", { mode, timeoutMs: 2000 })];
  const shadows = new Shadows(handlers, { tasks, clock, observer: (report) => void reports.push(report) });
  const asked = question(clock);
  const decided = await decide(asked, handlers, { tasks: new FakeTasks(), clock });
  for (let count = 0; count < 300; count++) shadows.follow(asked, decided);
  assert.equal(tasks.asked.length, 0);
  assert.equal(shadows.inFlight, 256);
  assert.deepEqual(new Set(reports.map(({ end }) => end.kind)), new Set(["skipped"]));
  assert.equal(reports.length, 44);
  await clock.advance(2000);
  assert.equal(shadows.inFlight, 0);
  assert.equal(tasks.asked.length, 256);
});

test("once closed nothing starts, nothing is reported and no timer is left of what had not started", async () => {
  const clock = new FakeClock();
  const reports: ShadowReport[] = [];
  const tasks = new FakeTasks({ candidate: allow });
  const handlers = [beforeHandler("candidate", { mode })];
  const shadows = new Shadows(handlers, { tasks, clock, observer: (report) => void reports.push(report) });
  const asked = question(clock);
  const decided = await decide(asked, handlers, { tasks: new FakeTasks(), clock });
  shadows.follow(asked, decided);
  shadows.close();
  shadows.follow(asked, decided);
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(1000);
  assert.deepEqual([reports, tasks.asked, shadows.inFlight], [[], [], 0]);
});

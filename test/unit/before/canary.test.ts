import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decidesFor, isShadowOfSome } from "../../../src/before/canary.ts";
import { decide } from "../../../src/before/chain.ts";
import type { ShadowReport } from "../../../src/before/ports.ts";
import { Shadows } from "../../../src/before/shadows.ts";
import { beforeHandler, FakeTasks, forbid, question } from "../../support/before-handlers.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const share = fc.double({ min: 0.01, max: 100, noNaN: true });

test("property: a larger share holds every client of a smaller one, and the whole holds all", () => {
  fc.assert(
    fc.property(share, share, fc.string(), fc.string({ minLength: 1 }), (one, other, client, id) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      const holds = (canary: number): boolean => decidesFor({ id, mode: "enforce", canary }, client);
      assert.ok(!holds(less) || holds(more));
      assert.ok(holds(100));
      assert.equal(decidesFor({ id, mode: "shadow", canary: 100 }, client), false);
      assert.equal(decidesFor({ id, mode: "warn" }, client), true);
    }),
  );
});

test("the share is what it says, and two handlers take different clients", () => {
  const clients = Array.from({ length: 20_000 }, (_, number) => String(number));
  const of = (id: string, canary: number) =>
    clients.filter((client) => decidesFor({ id, mode: "enforce", canary }, client));
  for (const canary of [1, 10, 50]) {
    const per = (of("limits", canary).length / clients.length) * 100;
    assert.ok(Math.abs(per - canary) < 1.2, `${per} instead of ${canary} %`);
  }
  const both = of("limits", 10).filter((client) => decidesFor({ id: "fraud", mode: "enforce", canary: 10 }, client));
  assert.ok(both.length < clients.length / 50, `${both.length} clients go first with both`);
});

test("each client meets a canary once: as a handler that decides, or as a shadow", async () => {
  const canary = beforeHandler("candidate", { canary: 30 });
  assert.equal(isShadowOfSome(canary), true);
  let decided = 0;
  for (let client = 0; client < 50; client++) {
    const clock = new FakeClock();
    const reports: ShadowReport[] = [];
    const tasks = new FakeTasks({ candidate: forbid("no") });
    const shadows = new Shadows([canary], { tasks, clock, observer: (report) => void reports.push(report) });
    const asked = question(clock, { client: String(client) });
    const answer = await decide(asked, [canary], { tasks, clock });
    shadows.follow(asked, answer);
    await clock.advance(1000);
    const enforced = decidesFor(canary, String(client));
    assert.equal(answer.verdict.decision, enforced ? "forbid" : "allow");
    assert.equal(answer.verdict.decidedBy, enforced ? "handler" : "no-handler");
    assert.equal(reports.length, enforced ? 0 : 1);
    if (enforced) decided++;
  }
  assert.ok(decided > 5 && decided < 30, String(decided));
});

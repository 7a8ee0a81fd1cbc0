import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { spreadText, untilEverywhere } from "../../../../src/cli/handlers/wait.ts";
import type { HeardInstance } from "../../../../src/operations/instances.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function heard(
  instanceId: string,
  handlersRevision: number,
  problems: readonly { handler: string | null; problem: string }[] = [],
) {
  const status = {
    ...{ instanceId, host: "h", stage: "all", version: "1", startedAt: "", at: "", handlersRevision, problems },
    ...{ waitingFor: [], loopLagMs: null, breakers: [], groups: [] },
  };
  return { status, heardMs: 0 } satisfies HeardInstance;
}

async function wait(at: (ms: number) => readonly HeardInstance[]) {
  const clock = new FakeClock();
  const startMs = clock.monotonicMs();
  const look = () => Promise.resolve(at(clock.monotonicMs() - startMs));
  const waiting = untilEverywhere(look, { revision: 7, handlers: ["crm"], waitMs: 5000, clock });
  await clock.advance(6000);
  return waiting;
}

suite("waiting until every instance runs a revision", () => {
  test("ends when the last of them does", async () => {
    const spread = await wait((ms) => [heard("a", 7), heard("b", ms < 700 ? 6 : 8)]);
    assert.deepEqual([spread.on, spread.behind, spread.ms], [["a", "b"], [], 800]);
    assert.deepEqual(spreadText(spread), { ok: true, lines: ["revision 7 runs on 2 instances, after 0.8 s"] });
  });

  test("does not take silence for everybody: it listens as long as one that lives may be silent", async () => {
    assert.deepEqual((await wait((ms) => (ms < 1900 ? [] : [heard("a", 7)]))).on, ["a"]);
    const nobody = await wait(() => []);
    assert.equal(nobody.ms, 3000);
    assert.match(spreadText(nobody).lines.join(), /no bridge is heard/);
  });

  test("ends in time, and names who does not run it", async () => {
    const spread = await wait(() => [heard("a", 7), heard("b", 6), heard("c", -1)]);
    assert.equal(spread.ms, 5000);
    const { ok, lines } = spreadText(spread);
    assert.equal(ok, false);
    assert.match(
      lines.join("\n"),
      /2 instances of 3 do not run it:\n {2}b at h runs revision 6\n {2}c at h runs handlers of a file/,
    );
  });

  test("tells of an instance that has read it and does not run it as it is defined", async () => {
    const problems = [
      { handler: "crm", problem: "no such script" },
      { handler: "other", problem: "x" },
    ];
    const { ok, lines } = spreadText(await wait(() => [heard("a", 7, problems)]));
    assert.equal(ok, false);
    assert.deepEqual(lines.slice(1), ["  a does not run crm as it is defined: no such script"]);
  });
});

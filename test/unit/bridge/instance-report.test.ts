import assert from "node:assert/strict";
import { test } from "node:test";
import { together } from "../../../src/bridge/instance-report.ts";
import type { StageStatus } from "../../../src/bridge/stage.ts";

const quiet: StageStatus = {
  handlersRevision: 7,
  problems: [],
  waitingFor: [],
  loopLagMs: null,
  breakers: [],
  groups: [],
};

test("an instance runs a revision once both of its stages do, and tells the worse of their event loops", () => {
  const { handlersRevision, loopLagMs } = together(
    [],
    [
      { ...quiet, loopLagMs: 3 },
      { ...quiet, handlersRevision: 6 },
    ],
  );
  assert.deepEqual([handlersRevision, loopLagMs], [6, 3]);
  assert.equal(together([], [quiet]).loopLagMs, null);
});

test("what both stages say is said once, and what only one says is there", () => {
  const problem = { handler: "crm", problem: "no such script" };
  const breaker = { handler: "crm", pool: "before", state: "open" } as const;
  const said = together(
    ["started"],
    [
      { ...quiet, problems: [problem], waitingFor: ["before: producer ready"], breakers: [breaker] },
      { ...quiet, problems: [{ ...problem }], waitingFor: ["started"] },
    ],
  );
  assert.deepEqual(said.problems, [problem]);
  assert.deepEqual(said.waitingFor, ["started", "before: producer ready"]);
  assert.deepEqual(said.breakers, [breaker]);
});

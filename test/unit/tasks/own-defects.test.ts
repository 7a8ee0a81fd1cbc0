import assert from "node:assert/strict";
import { test } from "node:test";
import { dispositionOf } from "../../../src/model/disposition.ts";
import { type Logger, silentLogger } from "../../../src/model/logger.ts";
import { createTasks } from "../../../src/tasks/runner.ts";
import type { Secrets } from "../../../src/tasks/secrets.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { afterHandler, askedHandler, httpTask, sampleCall } from "../../support/tasks.ts";

const never = new AbortController().signal;

test("an exception of our own is no failure of the handler: its kind says so, it is logged, and it is tried again", async () => {
  const errors: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void errors.push(fields) };
  const broken: Secrets = { read: () => Promise.reject(new TypeError("undefined is not a function")) };
  const clock = new FakeClock();
  const tasks = createTasks({ egressAllow: ["127.0.0.1"], scriptsDir: null, logger, clock, secrets: broken });
  const task = httpTask("http://127.0.0.1:9/", ["env:SECRET"]);
  const asked = await tasks.ask(askedHandler(task), sampleCall(300), never);
  const told = await tasks.deliver(afterHandler(task), sampleCall(300), never);
  for (const outcome of [asked, told]) {
    assert.ok(outcome.kind === "failure");
    assert.equal(outcome.failure.kind, "internal");
    assert.doesNotMatch(outcome.failure.detail, /undefined/, "what broke stands in the log only");
    assert.deepEqual({ ...dispositionOf(outcome.failure), why: "" }, { kind: "retry", spends: true, why: "" });
  }
  assert.equal(errors.length, 2);
  assert.match(JSON.stringify(errors), /undefined is not a function/);
  await tasks.close(100);
  assert.equal(clock.pendingTimers, 0);
});

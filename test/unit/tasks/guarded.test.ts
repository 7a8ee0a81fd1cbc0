import assert from "node:assert/strict";
import { test } from "node:test";
import { askWithin } from "../../../src/before/ask-within.ts";
import type { AskOutcome } from "../../../src/before/ports.ts";
import type { BreakerTurn, Pool } from "../../../src/model/breaker-state.ts";
import { dispositionOf } from "../../../src/model/disposition.ts";
import { type Failure, failureKinds } from "../../../src/model/failure.ts";
import type { Handler } from "../../../src/model/handler.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import { countsAs } from "../../../src/tasks/counts-as.ts";
import { createEgress } from "../../../src/tasks/egress.ts";
import { type GuardedTasks, guardTasks } from "../../../src/tasks/guarded.ts";
import type { GuardLimits } from "../../../src/tasks/limits.ts";
import type { UnguardedTasks } from "../../../src/tasks/runner.ts";
import type { Hold } from "../../../src/tasks/script.ts";
import { FakeClock, settled } from "../../support/fake-clock.ts";
import { afterHandler, askedHandler, httpTask, sampleCall } from "../../support/tasks.ts";

const never = new AbortController().signal;
const allow: AskOutcome = { kind: "answer", answer: { decision: "allow", patch: null } };

interface Made {
  readonly handler: string;
  readonly call: TaskCall;
  readonly signal: AbortSignal;
  readonly hold: Hold | undefined;
  readonly end: (outcome: AskOutcome) => void;
}

/** Tasks that end when the test says so; `answer` ends them at once. */
class HeldTasks implements UnguardedTasks {
  readonly egress = createEgress([]);
  readonly made: Made[] = [];
  answer: AskOutcome | null = null;

  ask(...[handler, call, signal, hold]: Parameters<UnguardedTasks["ask"]>): Promise<AskOutcome> {
    return new Promise((resolve) => {
      this.made.push({ handler: handler.id, call, signal, hold, end: resolve });
      if (this.answer !== null) resolve(this.answer);
    });
  }

  deliver(...[handler, call, signal, hold]: Parameters<UnguardedTasks["deliver"]>) {
    return new Promise<Awaited<ReturnType<UnguardedTasks["deliver"]>>>((resolve) => {
      const end = (outcome: AskOutcome) =>
        resolve(outcome.kind === "failure" ? outcome : { kind: "delivered", status: 200, response: "" });
      this.made.push({ handler: handler.id, call, signal, hold, end });
      if (this.answer !== null) end(this.answer);
    });
  }

  readonly forgotten: string[] = [];

  forget(handlerId: string): void {
    this.forgotten.push(handlerId);
  }

  close(): Promise<void> {
    for (const { end } of this.made) end(failed("unreachable"));
    return Promise.resolve();
  }
}

interface World {
  readonly clock: FakeClock;
  readonly inner: HeldTasks;
  readonly tasks: GuardedTasks;
  readonly turns: BreakerTurn[];
}

function world(options: { pool?: Pool; handlers?: readonly Handler[]; limits?: Partial<GuardLimits> } = {}): World {
  const { pool = "before", handlers = [], limits = {} } = options;
  const clock = new FakeClock();
  const inner = new HeldTasks();
  const turns: BreakerTurn[] = [];
  const observer = (turn: BreakerTurn): void => void turns.push(turn);
  const tasks = guardTasks({ tasks: inner, pool, handlers, clock, random: () => 0.5, observer, limits });
  return { clock, inner, tasks, turns };
}

function failed(kind: Failure["kind"], more: Partial<Failure> = {}): AskOutcome {
  return { kind: "failure", failure: { kind, detail: "x", ...more } };
}

function kindOf(outcome: { readonly kind: string; readonly failure?: Failure }): string {
  return outcome.failure?.kind ?? outcome.kind;
}

const http = askedHandler(httpTask("http://127.0.0.1:9/"));

test("of failures only those that an event's data cannot provoke count against the handler", () => {
  const counted = failureKinds.filter(
    (kind) => countsAs({ kind, detail: "", status: 503, exit: 1 }, never) === "failure",
  );
  assert.deepEqual(counted, ["unreachable", "timeout", "status", "exit", "killed"]);
  for (const status of [301, 400, 404, 408, 410, 425, 429, 499])
    assert.equal(countsAs({ kind: "status", detail: "", status }, never), "success", `${status} is an answer`);
  assert.equal(countsAs({ kind: "exit", detail: "", exit: 75 }, never), "success");
  const uncalled = failureKinds.filter((kind) => countsAs({ kind, detail: "" }, never) === "nothing");
  assert.deepEqual(uncalled, ["condition", "breaker-open", "overload", "no-budget", "internal"]);
});

test("a cancelled call counts as nothing; one cut by its own time counts as a timeout", () => {
  const timeout: Failure = { kind: "timeout", detail: "" };
  assert.equal(countsAs(timeout, AbortSignal.abort()), "nothing");
  assert.equal(countsAs({ kind: "unreachable", detail: "" }, AbortSignal.abort()), "nothing");
  assert.equal(countsAs(timeout, AbortSignal.abort(new DOMException("", "TimeoutError"))), "failure");
});

test("a handler that hangs opens its breaker although the chain's clock ends each call before the task's own", async () => {
  const { clock, inner, tasks, turns } = world();
  for (let call = 0; call < 5; call++) {
    const asked = askWithin(tasks, clock, http, sampleCall(300), never);
    inner.made.at(-1)?.signal.addEventListener("abort", () => inner.made.at(-1)?.end(failed("timeout")));
    assert.equal(kindOf(await clock.until(asked)), "timeout");
    await settled();
  }
  assert.deepEqual(
    turns.map(({ handler, pool, to }) => [handler, pool, to]),
    [["asked", "before", "open"]],
  );
});

test("calls cancelled because the verdict is known never open a breaker", async () => {
  const { clock, inner, tasks, turns } = world();
  for (let call = 0; call < 50; call++) {
    const cancelled = new AbortController();
    const asked = askWithin(tasks, clock, http, sampleCall(300), cancelled.signal);
    inner.made.at(-1)?.signal.addEventListener("abort", () => inner.made.at(-1)?.end(failed("timeout")));
    cancelled.abort();
    await asked;
    await settled();
  }
  assert.equal(inner.made.length, 50);
  assert.deepEqual(turns, []);
});

test("an open breaker calls nothing, takes no time and says when to come again; other handlers are called", async () => {
  const { clock, inner, tasks } = world();
  inner.answer = failed("unreachable");
  for (let call = 0; call < 5; call++) await tasks.ask(http, sampleCall(300), never);
  await clock.advance(500);
  const outcome = await tasks.ask(http, sampleCall(300), never);
  assert.ok(outcome.kind === "failure");
  assert.deepEqual([outcome.failure.kind, outcome.failure.retryAfterMs], ["breaker-open", 1500]);
  assert.equal(inner.made.length, 5);
  await tasks.ask(askedHandler(httpTask("http://127.0.0.1:9/"), "other"), sampleCall(300), never);
  assert.equal(inner.made.length, 6);
  const startMs = performance.now();
  for (let call = 0; call < 1000; call++) await tasks.ask(http, sampleCall(300), never);
  const eachMs = (performance.now() - startMs) / 1000;
  assert.ok(eachMs < 0.5, `${eachMs} ms each`);
  assert.equal(inner.made.length, 6);
});

test("a handler that was moved elsewhere is called at once", async () => {
  const { inner, tasks } = world();
  inner.answer = failed("unreachable");
  for (let call = 0; call < 5; call++) await tasks.ask(http, sampleCall(300), never);
  inner.answer = allow;
  assert.equal(kindOf(await tasks.ask(http, sampleCall(300), never)), "breaker-open");
  assert.deepEqual(await tasks.ask(askedHandler(httpTask("http://127.0.0.1:10/")), sampleCall(300), never), allow);
});

test("after the event one key's failures leave the breaker closed, and the keys of three open it", async () => {
  const { inner, tasks, turns } = world({ pool: "after" });
  inner.answer = failed("status", { status: 500 });
  const told = afterHandler(httpTask("http://127.0.0.1:9/"));
  for (let call = 0; call < 30; call++) await tasks.deliver(told, sampleCall(300, { key: "sick" }), never);
  assert.deepEqual(turns, []);
  for (const key of ["b", "c"]) await tasks.deliver(told, sampleCall(300, { key }), never);
  assert.deepEqual(
    turns.map(({ pool, to }) => [pool, to]),
    [["after", "open"]],
  );
});

test("calls past the places wait, their wait counts in their own time, and past the queue they are overload", async () => {
  const { clock, inner, tasks } = world({ limits: { inFlight: 1, queue: 2 } });
  const first = tasks.ask(http, sampleCall(300), never);
  const second = tasks.ask(http, sampleCall(300), never);
  const third = tasks.ask(http, sampleCall(100), never);
  assert.equal(kindOf(await tasks.ask(http, sampleCall(300), never)), "overload");
  await clock.advance(100);
  assert.equal(kindOf(await third), "overload", "its own time went by");
  inner.made[0]?.end(allow);
  await first;
  await settled();
  assert.equal(inner.made.length, 2);
  assert.equal(inner.made[1]?.call.timeoutMs, 200);
  inner.made[1].end(allow);
  assert.deepEqual(await second, allow);
  assert.equal(clock.pendingTimers, 0);
});

test("what waited while the breaker opened is not called", async () => {
  const { inner, tasks } = world({ limits: { inFlight: 5, queue: 10 } });
  const calls = Array.from({ length: 15 }, () => tasks.ask(http, sampleCall(300), never));
  await settled();
  for (const { end } of [...inner.made]) end(failed("unreachable"));
  const kinds = (await Promise.all(calls)).map(kindOf);
  assert.equal(inner.made.length, 5);
  assert.equal(kinds.filter((kind) => kind === "breaker-open").length, 10);
});

test("a script keeps its place until its process is gone, and hanging scripts take nothing from other handlers", async () => {
  const script = (id: string) => askedHandler({ kind: "script", path: id }, id);
  const { clock, inner, tasks } = world({ handlers: [script("a"), script("b")], limits: { scripts: 4, queue: 1 } });
  const gone = Promise.withResolvers<undefined>();
  const hanging = [0, 1].map(() => tasks.ask(script("a"), sampleCall(300), never));
  await settled();
  for (const { hold, end } of inner.made) {
    hold?.(gone.promise);
    end(failed("timeout"));
  }
  await Promise.all(hanging);
  const waiting = tasks.ask(script("a"), sampleCall(300), never);
  assert.equal(kindOf(await tasks.ask(script("a"), sampleCall(300), never)), "overload");
  assert.equal(inner.made.length, 2);
  inner.answer = allow;
  assert.deepEqual(await Promise.all([0, 1].map(() => tasks.ask(script("b"), sampleCall(300), never))), [allow, allow]);
  gone.resolve(undefined);
  assert.deepEqual(await waiting, allow);
  assert.equal(clock.pendingTimers, 0);
});

test("closing ends what waits for a place, and what it cuts short opens no breaker", async () => {
  const { clock, inner, tasks, turns } = world({ limits: { inFlight: 5, queue: 10 } });
  const calls = Array.from({ length: 15 }, () => tasks.ask(http, sampleCall(300), never));
  await settled();
  inner.answer = failed("unreachable");
  await tasks.close(100);
  await Promise.all(calls);
  assert.deepEqual(turns, []);
  assert.equal(clock.pendingTimers, 0);
});

const limited = (perSecond: number, burst = 1) => ({ rateLimit: { perSecond, burst } });

test("after the event a delivery past the rate is not made and says when to come again; other handlers are not held up", async () => {
  const { clock, inner, tasks } = world({ pool: "after" });
  inner.answer = allow;
  const told = { ...afterHandler(httpTask("http://127.0.0.1:9/")), ...limited(2) };
  const deliver = (deliveryId: string) => tasks.deliver(told, sampleCall(300, { deliveryId, key: deliveryId }), never);
  assert.equal(kindOf(await deliver("a")), "delivered");
  const [b, c] = [await deliver("b"), await deliver("c")];
  assert.ok(b.kind === "failure" && c.kind === "failure");
  assert.deepEqual([b.failure.kind, b.failure.retryAfterMs], ["overload", 500]);
  assert.equal(c.failure.retryAfterMs, 1000, "each is told a time of its own");
  assert.deepEqual(dispositionOf(b.failure), { ...dispositionOf(b.failure), kind: "retry", spends: false });
  const other = afterHandler(httpTask("http://127.0.0.1:9/"), "other");
  assert.equal(kindOf(await tasks.deliver(other, sampleCall(300), never)), "delivered");
  assert.equal(clock.pendingTimers, 0, "nothing waits here");
  await clock.advance(500);
  assert.equal(kindOf(await deliver("d")), "overload", "a newcomer does not overtake");
  assert.equal(kindOf(await deliver("b")), "delivered");
  assert.equal(inner.made.length, 3);
});

test("before the event a call past the rate waits for its turn within its own time, and is overload at once without one", async () => {
  const { clock, inner, tasks } = world();
  inner.answer = allow;
  const asked = { ...http, ...limited(10) };
  const ask = (deliveryId: string) => tasks.ask(asked, sampleCall(250, { deliveryId }), never);
  assert.deepEqual(await ask("a"), allow);
  const waiting = [ask("b"), ask("c")];
  assert.equal(kindOf(await ask("d")), "overload", "its turn would come after 300 ms");
  await clock.advance(100);
  assert.equal(inner.made.length, 2);
  assert.equal(inner.made[1]?.call.timeoutMs, 150, "the wait counts in its time");
  await clock.advance(100);
  assert.deepEqual(await Promise.all(waiting), [allow, allow]);
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(10_000);
  const cancelled = new AbortController();
  assert.deepEqual(await ask("e"), allow);
  const given = tasks.ask(asked, sampleCall(250, { deliveryId: "f" }), cancelled.signal);
  await settled();
  cancelled.abort();
  assert.equal(kindOf(await given), "overload");
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(tasks.occupancy(), [{ handler: "asked", inFlight: 0, queued: 0, rateLimited: 0 }]);
});

test("a call that its breaker refuses gives its turn back", async () => {
  const { clock, inner, tasks } = world({ limits: { inFlight: 5, queue: 10 } });
  const asked = { ...http, ...limited(0.01, 6) };
  const calls = Array.from({ length: 6 }, (_, call) =>
    tasks.ask(asked, sampleCall(300, { deliveryId: `${call}` }), never),
  );
  await settled();
  for (const { end } of [...inner.made]) end(failed("unreachable"));
  assert.deepEqual((await Promise.all(calls)).map(kindOf).slice(-1), ["breaker-open"]);
  assert.deepEqual(tasks.breakers(), [{ handler: "asked", pool: "before", state: "open" }]);
  await clock.advance(3000);
  inner.answer = allow;
  assert.deepEqual(await tasks.ask(asked, sampleCall(300), never), allow, "the sixth turn is still there");
  assert.equal(kindOf(await tasks.ask(asked, sampleCall(300), never)), "overload");
});

test("how busy a handler is can be read, also of one that was never called", async () => {
  const idle = askedHandler(httpTask("http://127.0.0.1:9/"), "idle");
  const { inner, tasks } = world({ pool: "after", handlers: [idle], limits: { inFlight: 1, queue: 5 } });
  const told = { ...afterHandler(httpTask("http://127.0.0.1:9/")), ...limited(1) };
  const deliver = (deliveryId: string) => tasks.deliver(told, sampleCall(300, { deliveryId }), never);
  const [first, second] = [deliver("a"), deliver("b")];
  await settled();
  const of = (id: string) => tasks.occupancy().find(({ handler }) => handler === id);
  assert.deepEqual(of("idle"), { handler: "idle", inFlight: 0, queued: 0, rateLimited: 0 });
  assert.deepEqual(of("told"), { handler: "told", inFlight: 1, queued: 1, rateLimited: 0 });
  inner.made[0]?.end(allow);
  await Promise.all([first, second]);
  assert.deepEqual(of("told"), { handler: "told", inFlight: 0, queued: 0, rateLimited: 1 });
});

test("a handler that states how many calls may be under way has so many places, and new ones when it states another number", async () => {
  const { inner, tasks } = world({ pool: "after", limits: { inFlight: 1, queue: 8 } });
  const told = (inFlight: number) => ({ ...afterHandler(httpTask("http://127.0.0.1:9/")), inFlight });
  for (let call = 0; call < 5; call++) void tasks.deliver(told(3), sampleCall(300), never);
  await settled();
  assert.equal(inner.made.length, 3);
  for (let call = 0; call < 5; call++) void tasks.deliver(told(4), sampleCall(300), never);
  await settled();
  assert.equal(inner.made.length, 7);
});

test("a handler that is back is called a few times at once, and once more for each success, until it has all its places", async () => {
  const { clock, inner, tasks } = world({ pool: "after", limits: { inFlight: 16, queue: 64 } });
  const told = afterHandler(httpTask("http://127.0.0.1:9/"));
  const deliver = (key: string) => tasks.deliver(told, { ...sampleCall(60_000), key }, never);
  inner.answer = failed("unreachable");
  for (let call = 0; call < 5; call++) await deliver(`down-${call}`);
  inner.answer = { kind: "answer", answer: { decision: "allow", patch: null } };
  await clock.advance(3000);
  for (let probe = 0; probe < 3; probe++) assert.equal((await deliver(`probe-${probe}`)).kind, "delivered");
  inner.answer = null;
  inner.made.length = 0;
  const waiting = Array.from({ length: 60 }, (_, at) => deliver(`waited-${at}`));
  await settled();
  // The third probe, which closed the breaker, was the first success.
  const rounds = [inner.made.length];
  for (let round = 0, ended = 0; round < 4; round++) {
    const underWay = inner.made.slice(ended);
    ended = inner.made.length;
    for (const { end } of underWay) end({ kind: "answer", answer: { decision: "allow", patch: null } });
    await settled();
    rounds.push(inner.made.length - ended);
  }
  assert.deepEqual(rounds, [5, 10, 16, 16, 13]);
  for (const { end } of inner.made) end(failed("unreachable"));
  await Promise.all(waiting);
});

test("before the event nobody waits for a handler that is back: it has all its places at once", async () => {
  const { clock, inner, tasks } = world({ limits: { inFlight: 16, queue: 64 } });
  inner.answer = failed("unreachable");
  for (let call = 0; call < 5; call++) await tasks.ask(http, sampleCall(300), never);
  inner.answer = { kind: "answer", answer: { decision: "allow", patch: null } };
  await clock.advance(3000);
  for (let probe = 0; probe < 3; probe++) await tasks.ask(http, sampleCall(300), never);
  inner.answer = null;
  inner.made.length = 0;
  for (let call = 0; call < 20; call++) void tasks.ask(http, sampleCall(300), never);
  await settled();
  assert.equal(inner.made.length, 16);
});

test("a call that comes late for a handler that is gone, or was changed, leaves nothing behind and touches nothing of now", async () => {
  const { inner, tasks, turns } = world({ pool: "after" });
  const old = afterHandler(httpTask("https://old.example.net/"), "crm");
  const now = afterHandler(httpTask("https://new.example.net/"), "crm");
  const gone = afterHandler(httpTask("https://gone.example.net/"), "gone");
  tasks.use([old, gone]);
  tasks.use([now]);
  inner.answer = failed("unreachable");
  for (let at = 0; at < 6; at++) await tasks.deliver(now, sampleCall(1000, { key: String(at) }), never);
  assert.deepEqual(
    tasks.breakers().map(({ handler, state }) => [handler, state]),
    [["crm", "open"]],
  );
  const told = turns.length;
  for (let at = 0; at < 6; at++) await tasks.deliver(old, sampleCall(1000, { key: String(at) }), never);
  assert.deepEqual(
    tasks.breakers().map(({ handler, state }) => [handler, state]),
    [["crm", "open"]],
  );
  inner.answer = null;
  const forgottenBefore = inner.forgotten.length;
  const late = [tasks.deliver(gone, sampleCall(1000), never), tasks.deliver(gone, sampleCall(1000), never)];
  await settled();
  for (const { end } of inner.made) end(allow);
  await Promise.all(late);
  assert.deepEqual(inner.forgotten.slice(forgottenBefore), ["gone"]);
  assert.deepEqual(
    tasks.occupancy().map(({ handler }) => handler),
    ["crm"],
  );
  assert.equal(turns.length, told);
});

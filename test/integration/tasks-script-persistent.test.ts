import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { AskOutcome } from "../../src/before/ports.ts";
import { type Logger, silentLogger } from "../../src/model/logger.ts";
import { allow, forbid } from "../support/before-handlers.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, processesIn, scripts } from "../support/scripts.ts";
import { afterHandler, askedHandler, guarded, sampleCall, sampleEvent, samplePassword } from "../support/tasks.ts";

const never = new AbortController().signal;
const python = "/usr/bin/env python3";
const stays = { maxCalls: null };

/** A script in Python: `request` and `answer(document)` are given, `body` runs for each request. */
function loop(body: string, before = ""): string {
  const indented = body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  return `import json, os, signal, sys, time
def put(document):
    sys.stdout.write(json.dumps(document) + "\\n")
    sys.stdout.flush()
def answer(document):
    put({"id": request["id"], **document})
${before}
for line in sys.stdin:
    request = json.loads(line)
${indented}`;
}

const pidAnswer = loop('answer({"decision": "forbid", "reason": {"code": str(os.getpid()), "message": ""}})');

function codeOf(outcome: AskOutcome): string {
  assert.ok(outcome.kind === "answer" && outcome.answer.decision === "forbid", JSON.stringify(outcome));
  return outcome.answer.reason.code;
}

test("a persistent script is started once and gets a line for each call: id, headers, and the body as it is", async (t) => {
  const { write, tasks, directory } = await scripts(t);
  await write(
    "mirror",
    loop('answer({"decision": "allow", "data": {"request": request, "env": dict(os.environ), "pid": os.getpid()}})'),
    python,
  );
  const handler = askedHandler({ kind: "script", path: "mirror", persistent: stays });
  const seen: Record<string, Record<string, unknown>>[] = [];
  for (const deliveryId of ["d-1", "d-2"]) {
    const outcome = await tasks.ask(handler, sampleCall(10_000, { deliveryId }), never);
    assert.ok(outcome.kind === "answer" && outcome.answer.decision === "allow", JSON.stringify(outcome));
    seen.push(outcome.answer.patch as unknown as (typeof seen)[number]);
  }
  const [first, second] = seen;
  assert.deepEqual(first?.["pid"], second?.["pid"]);
  assert.notEqual(first?.["request"]?.["id"], second?.["request"]?.["id"]);
  const { headers, event, data } = second?.["request"] as Record<string, Record<string, unknown>>;
  assert.equal(headers?.["webhook-id"], "d-2");
  assert.equal(headers["bridge-stage"], "before");
  assert.ok(Number(headers["bridge-timeout-ms"]) > 1000);
  assert.deepEqual({ ...event }, { dt: sampleEvent.time, events_id: sampleEvent.id, object_id: event?.["object_id"] });
  assert.equal(data?.["password"], samplePassword);
  assert.equal(second?.["env"]?.["WEBHOOK_ID"], undefined, "nothing of a call is in the environment");
  assert.equal(processesIn(directory).length, 1);
});

test("its answers are those of any handler, and `exit` says what an exit code would", async (t) => {
  const { write, tasks, directory, ask } = await scripts(t);
  await write("says", loop('answer(json.load(open("say")))'), python);
  const task = { kind: "script", path: "says", persistent: stays } as const;
  const say = (document: object) => writeFile(join(directory, "say"), JSON.stringify(document));
  const asked = async (document: object) => {
    await say(document);
    return tasks.ask(askedHandler(task), sampleCall(10_000), never);
  };
  const delivered = async (document: object) => {
    await say(document);
    return tasks.deliver(afterHandler(task), sampleCall(10_000), never);
  };
  assert.deepEqual(await asked({ decision: "allow" }), allow);
  assert.deepEqual(await asked({ exit: 10, reason: { code: "c", message: samplePassword } }), forbid("c", "***"));
  const later = failureOf(await asked({ exit: 75, message: "busy" }));
  assert.deepEqual([later.kind, later.exit], ["exit", 75]);
  assert.equal(failureOf(await asked({ exit: 3 })).exit, 3);
  assert.match(failureOf(await asked({})).detail, /neither a decision nor an echo/, "no decision is none");
  assert.equal((await delivered({})).kind, "delivered");
  assert.equal((await delivered({ exit: 10 })).kind, "delivered");
  const again = await delivered({ exit: 75, message: samplePassword });
  assert.ok(again.kind === "failure");
  assert.equal(again.failure.exit, 75);
  assert.doesNotMatch(again.failure.response ?? "", /hünter/);
  assert.equal(processesIn(directory).length, 2, "one for each handler: none of these broke the protocol");
  assert.equal(failureOf(await asked({ exit: 256 })).kind, "bad-answer");

  await write("echo", 'while read -r line; do printf "%s\\n" "$line"; done');
  const echoed = await ask("echo", 10_000, stays);
  assert.ok(echoed.kind === "answer" && echoed.answer.decision === "allow");
  assert.equal(echoed.answer.patch?.["name"], "n");
});

test("whatever is not exactly one line with the call's id is a bad answer, and its process is stopped", async (t) => {
  const { write, ask, directory, tasks } = await scripts(t);
  const wrong: Record<string, string> = {
    "another id": 'put({"id": "x", "decision": "allow"})',
    "no id": 'put({"decision": "allow"})',
    "not JSON": 'sys.stdout.write("DEBUG: asked\\n"); sys.stdout.flush()',
    "not an object": "put([1])",
    "an empty line": 'sys.stdout.write("\\n"); sys.stdout.flush()',
    "two lines":
      'sys.stdout.write(2 * (json.dumps({"id": request["id"], "decision": "allow"}) + "\\n")); sys.stdout.flush()',
    "a line and a half":
      'sys.stdout.write(json.dumps({"id": request["id"], "decision": "allow"}) + "\\nx"); sys.stdout.flush()',
    "an exit that is none": 'answer({"exit": "75"})',
  };
  for (const [what, body] of Object.entries(wrong)) {
    const name = what.replaceAll(" ", "-");
    await write(name, loop(body), python);
    const task = { kind: "script", path: name, persistent: stays } as const;
    const outcome = await tasks.ask(askedHandler(task, name), sampleCall(10_000), never);
    assert.equal(failureOf(outcome).kind, "bad-answer", what);
    await eventually(`after ${what} nothing is left`, () => processesIn(directory).length === 0);
    const told = await tasks.deliver(afterHandler(task, `told-${name}`), sampleCall(10_000), never);
    assert.equal(told.kind, "failure", `${what} is no delivery`);
  }
  await write("fine", pidAnswer, python);
  assert.match(codeOf(await ask("fine", 10_000, stays)), /^\d+$/);
});

test("a line that comes later or unasked is never another call's answer: its process is stopped", async (t) => {
  const logged: { readonly why?: string }[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void logged.push(fields) };
  const { write, ask, directory } = await scripts(t, { logger });
  await write("late", loop('answer({"decision": "allow"})\ntime.sleep(0.2)\nanswer({"decision": "forbid"})'), python);
  assert.deepEqual(await ask("late", 10_000, stays), allow);
  await eventually("the process is stopped", () => processesIn(directory).length === 0);
  assert.match(logged.map(({ why }) => why).join(), /without being asked/);
  assert.deepEqual(await ask("late", 10_000, stays), allow, "another one is started");
  await write(
    "greets",
    loop('answer({"decision": "allow"})', 'sys.stdout.write("hello\\n"); sys.stdout.flush()'),
    python,
  );
  assert.equal(failureOf(await ask("greets", 10_000, stays)).kind, "bad-answer");
});

test("answers arrive whole in whatever pieces, up to 256 KiB a line; a longer one stops the script", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write(
    "pieces",
    loop(`size = 200000
line = json.dumps({"id": request["id"], "decision": "forbid", "reason": {"message": "ä" * 40, "fill": "x" * size}})
for at in range(0, len(line), 30011):
    sys.stdout.write(line[at:at + 30011])
    sys.stdout.flush()
    time.sleep(0.005)
sys.stdout.write("\\n")
sys.stdout.flush()`),
    python,
  );
  assert.deepEqual(await ask("pieces", 10_000, stays), forbid("forbidden", "ä".repeat(40)));
  await write("flood", "read -r line; exec cat /dev/zero");
  assert.equal(failureOf(await ask("flood", 10_000, stays)).kind, "too-large");
  await eventually("the flood has ended", () => processesIn(directory).length === 0);
});

test("at its timeout a call's process is stopped with everything it started, and the next call has a new one", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write(
    "hangs",
    loop(
      `if os.path.exists("hang"):
    os.system("sleep 60 & sleep 60")
answer({"decision": "forbid", "reason": {"code": str(os.getpid()), "message": ""}})`,
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    ),
    python,
  );
  const first = codeOf(await ask("hangs", 10_000, stays));
  await writeFile(join(directory, "hang"), "");
  assert.equal(failureOf(await ask("hangs", 300, stays)).kind, "timeout");
  await eventually("nothing is left", () => processesIn(directory).length === 0);
  await rm(join(directory, "hang"));
  assert.notEqual(codeOf(await ask("hangs", 10_000, stays)), first);
});

test("a call that nobody waits for any more leaves its process up, and its answer is nobody else's", async (t) => {
  const { write, tasks, ask, directory } = await scripts(t);
  await write(
    "slow",
    loop(`if request["headers"]["webhook-id"] == "slow":
    time.sleep(0.5)
answer({"decision": "forbid", "reason": {"code": str(os.getpid()), "message": request["headers"]["webhook-id"]}})`),
    python,
  );
  const pid = codeOf(await ask("slow", 10_000, stays));
  const handler = askedHandler({ kind: "script", path: "slow", persistent: stays });
  const caller = new AbortController();
  const held: Promise<unknown>[] = [];
  const hold = (free: Promise<unknown>): void => void held.push(free);
  const cancelled = tasks.ask(handler, sampleCall(10_000, { deliveryId: "slow" }), caller.signal, hold);
  setTimeout(() => caller.abort(), 100);
  assert.match(failureOf(await cancelled).detail, /cancelled/);
  assert.equal(held.length, 1);
  await held[0];
  assert.deepEqual(await ask("slow", 10_000, stays), forbid(pid, "d-1"), "the same process, its own answer");
  assert.equal(processesIn(directory).length, 1);
});

test("a script that ends before it answers fails the call by its exit code or signal, exit 0 included", async (t) => {
  const { write, tasks } = await scripts(t);
  const ends = { "sys.exit(0)": ["exit", 0], "sys.exit(10)": ["exit", 10], "sys.exit(3)": ["exit", 3] } as const;
  const outcomeOf = async (name: string, body: string) => {
    await write(name, loop(body), python);
    const task = { kind: "script", path: name, persistent: stays } as const;
    return Promise.all([
      tasks.ask(askedHandler(task, name), sampleCall(10_000), never),
      tasks.deliver(afterHandler(task, `told-${name}`), sampleCall(10_000), never),
    ]);
  };
  let number = 0;
  for (const [body, expected] of Object.entries(ends)) {
    const [asked, told] = await outcomeOf(`ends-${number++}`, body);
    assert.deepEqual([failureOf(asked).kind, failureOf(asked).exit], expected);
    assert.ok(told.kind === "failure", "no answer is no delivery");
    assert.equal(told.failure.exit, expected[1]);
  }
  const [killed] = await outcomeOf("killed", "os.kill(os.getpid(), signal.SIGSEGV)");
  assert.equal(failureOf(killed).kind, "killed");
  const [half] = await outcomeOf(
    "half",
    'sys.stdout.write(json.dumps({"id": request["id"]})); sys.stdout.flush(); sys.exit(0)',
  );
  assert.equal(failureOf(half).kind, "exit", "a line that breaks off is no answer");
  const [last] = await outcomeOf("last", 'answer({"decision": "allow"})\nos._exit(3)');
  assert.deepEqual(last, allow, "what answered first and ended then has answered");
});

test("a script that ends at once is started again after pauses that grow, and works as soon as it can", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("broken", "echo x >> starts; exit 1");
  const kinds: (number | string | undefined)[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < 1500) {
    const failure = failureOf(await ask("broken", 200, stays));
    kinds.push((failure.exit ?? failure.retryAfterMs === undefined) ? failure.kind : "too soon");
  }
  const starts = readFileSync(join(directory, "starts"), "utf8").length / 2;
  assert.ok(starts >= 2 && starts <= 6, `${starts} starts`);
  assert.ok(kinds.includes("too soon"), "what cannot be started in the call's time fails at once, with a wait");
  await write("broken", pidAnswer, python);
  const mended = await ask("broken", 10_000, stays);
  assert.match(codeOf(mended), /^\d+$/, "a call with time enough waits for the next start");
});

test("calls at once have a process each, never more than there are places, and every answer is its own", async (t) => {
  const { write, tasks, directory } = await scripts(t);
  // No program of its own in it, so that every process counted is the script.
  await write(
    "many",
    `while read -r line; do
  id=\${line#*'"id":"'}; delivery=\${line#*'"webhook-id":"'}
  printf '{"id":"%s","decision":"forbid","reason":{"code":"c","message":"%s"}}\\n' "\${id%%'"'*}" "\${delivery%%'"'*}"
done`,
  );
  const few = guarded(tasks, { scripts: 3, leastScripts: 3, queue: 500 });
  const handler = askedHandler({ kind: "script", path: "many", persistent: { maxCalls: 20 } });
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, processesIn(directory).length);
  }, 2);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      few.ask(handler, sampleCall(30_000, { deliveryId: `d-${index}` }), never),
    ),
  );
  clearInterval(watching);
  for (const [index, outcome] of outcomes.entries()) assert.deepEqual(outcome, forbid("c", `d-${index}`));
  assert.ok(most >= 2 && most <= 3, `${most} processes at once`);
});

test("a process makes room for a new one after maxCalls, and when the script's file was replaced", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("pids", pidAnswer, python);
  const pids: string[] = [];
  for (let call = 0; call < 4; call++) pids.push(codeOf(await ask("pids", 10_000, { maxCalls: 2 })));
  assert.equal(pids[0], pids[1]);
  assert.equal(pids[2], pids[3]);
  assert.notEqual(pids[1], pids[2]);
  await eventually("the old one ends", () => processesIn(directory).length <= 1);
  const before = codeOf(await ask("pids", 10_000, stays));
  await write("pids", loop('answer({"decision": "forbid", "reason": {"code": "new", "message": ""}})'), python);
  assert.notEqual(before, "new");
  assert.equal(codeOf(await ask("pids", 10_000, stays)), "new");
});

test("what it writes to standard error is logged, bounded, with the secrets of its calls masked", async (t) => {
  const logged: { readonly stderr?: string }[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void logged.push(fields) };
  const { write, ask } = await scripts(t, { logger });
  await write(
    "noisy",
    loop(`sys.stderr.write("got " + request["data"]["password"] + "\\n" + "x" * 3000000)
sys.stderr.flush()
time.sleep(0.1)
answer({"decision": "allow"})`),
    python,
  );
  assert.deepEqual(await ask("noisy", 20_000, stays), allow);
  assert.equal(logged.length, 1);
  assert.match(logged[0]?.stderr ?? "", /^got \*\*\*\nx+/);
  assert.ok((logged[0]?.stderr?.length ?? 0) <= 8192);
});

test("a script that closes its input cannot be called, and fails at once", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("deaf", "exec 0<&-; sleep 60");
  const startMs = performance.now();
  let kind = "";
  // The first line may still fit into the pipe before the script has closed it: then it is its time that ends.
  for (let call = 0; call < 3 && kind !== "unreachable"; call++) kind = failureOf(await ask("deaf", 2000, stays)).kind;
  assert.ok(["unreachable", "timeout"].includes(kind), kind);
  assert.ok(performance.now() - startMs < 30_000);
  await eventually("it is stopped", () => processesIn(directory).length === 0);
});

test("closing asks idle scripts to end, and ends those that do not", async (t) => {
  const { write, ask, tasks, directory } = await scripts(t);
  const tidy = 'open("tidied", "w").close()';
  await write("tidy", `${loop('answer({"decision": "allow"})')}\n${tidy}`, python);
  await write("stays", loop('answer({"decision": "allow"})', "signal.signal(signal.SIGTERM, signal.SIG_IGN)"), python);
  await write("stubborn", "trap '' TERM; read -r line; echo \"$line\"; while :; do sleep 1; done");
  assert.deepEqual(await ask("tidy", 10_000, stays), allow);
  assert.equal((await ask("stubborn", 10_000, stays)).kind, "answer");
  const startMs = performance.now();
  await tasks.close(100);
  assert.ok(performance.now() - startMs < 4000, "bounded");
  // What a script started dies by the same SIGKILL, a moment before or after it.
  await eventually("none is left", () => processesIn(directory).length === 0);
  assert.ok(existsSync(join(directory, "tidied")), "it saw the end of its input and ended by itself");
});

test("forgetting a handler ends its processes, and nobody else's", async (t) => {
  const { write, tasks, directory } = await scripts(t);
  await write("pids", pidAnswer, python);
  const handler = (id: string) => askedHandler({ kind: "script", path: "pids", persistent: stays }, id);
  const first = codeOf(await tasks.ask(handler("a"), sampleCall(10_000), never));
  const other = codeOf(await tasks.ask(handler("b"), sampleCall(10_000), never));
  tasks.forget("a");
  await eventually("it ends", () => !processesIn(directory).includes(first));
  assert.equal(codeOf(await tasks.ask(handler("b"), sampleCall(10_000), never)), other);
});

test("the sample script does what it says", async (t) => {
  const { tasks, directory } = await scripts(t);
  await copyFile("config/scripts/naming-rules.py", join(directory, "naming-rules.py"));
  const named = (name: string) =>
    tasks.ask(
      askedHandler({ kind: "script", path: "naming-rules.py", persistent: stays }),
      sampleCall(10_000, { event: { ...sampleEvent, data: { id: 12, name } } }),
      never,
    );
  assert.deepEqual(await named("Acme Ltd"), allow);
  const tidied = await named("  Acme   Ltd ");
  assert.ok(tidied.kind === "answer" && tidied.answer.decision === "allow");
  assert.deepEqual({ ...tidied.answer.patch }, { name: "Acme Ltd" });
  assert.equal(codeOf(await named("Test client")), "test-name");
  assert.equal(readdirSync(directory).length, 1);
});

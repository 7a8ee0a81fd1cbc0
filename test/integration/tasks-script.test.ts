import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { chmod, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Logger, silentLogger } from "../../src/model/logger.ts";
import { allow, forbid } from "../support/before-handlers.ts";
import { eventually } from "../support/eventually.ts";
import { failureOf, processesIn, scripts } from "../support/scripts.ts";
import { afterHandler, askedHandler, guarded, sampleCall, samplePassword } from "../support/tasks.ts";

const never = new AbortController().signal;
/** How much later than its timeout a call may end on a busy machine. */
const marginMs = 150;

test("a script reads the body on standard input and the headers in its environment, and answers", async (t) => {
  const { write, ask, directory } = await scripts(t, {});
  process.env["BRIDGE_TEST_SECRET"] = "hunter2";
  t.after(() => delete process.env["BRIDGE_TEST_SECRET"]);
  await write(
    "mirror.py",
    `import json, os, sys
body = json.load(sys.stdin)
json.dump({"decision": "allow", "data": {"name": body["data"]["password"], "env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv[1:]}}, sys.stdout)`,
    "/usr/bin/env python3",
  );
  const outcome = await ask("mirror.py");
  assert.ok(
    outcome.kind === "answer" && outcome.answer.decision === "allow" && outcome.answer.patch !== null,
    JSON.stringify(outcome),
  );
  const { name, env, cwd, argv } = outcome.answer.patch as Record<string, Record<string, string>>;
  assert.equal(name, samplePassword);
  assert.equal(env?.["CE_ID"], "e-1");
  assert.equal(env["BRIDGE_STAGE"], "before");
  assert.ok(Number(env["BRIDGE_TIMEOUT_MS"]) > 4000);
  assert.equal(env["BRIDGE_TEST_SECRET"], undefined);
  assert.equal(cwd, directory);
  assert.deepEqual(argv, []);
});

test("the documented echo, as a script, allows", async (t) => {
  const { write, ask } = await scripts(t);
  await write("echo.py", "import json, sys\nprint(json.dumps(json.loads(sys.stdin.read())))", "/usr/bin/env python3");
  const outcome = await ask("echo.py");
  assert.ok(outcome.kind === "answer" && outcome.answer.decision === "allow");
  assert.equal(outcome.answer.patch?.["password"], samplePassword);
});

test("exit codes decide: 0 answers, 10 forbids, 75 and others fail", async (t) => {
  const { write, ask } = await scripts(t);
  const run = async (source: string) => {
    await write("script", source);
    return ask("script");
  };
  assert.deepEqual(await run("true"), allow);
  assert.deepEqual(await run("echo; echo ' '"), allow);
  assert.deepEqual(await run("echo 'too high'; exit 10"), forbid("forbidden", "too high"));
  assert.deepEqual(await run(`echo '{"code":"credit","message":"too high"}'; exit 10`), forbid("credit", "too high"));
  assert.deepEqual(await run(`echo '${samplePassword} is weak'; exit 10`), forbid("forbidden", "*** is weak"));
  const later = failureOf(await run("echo 'try later'; exit 75"));
  assert.deepEqual([later.kind, later.exit, later.response], ["exit", 75, "try later\n"]);
  assert.equal(failureOf(await run("exit 3")).exit, 3);
  assert.equal(failureOf(await run("echo OK")).kind, "bad-answer");
  const killed = failureOf(await run("kill -SEGV $$"));
  assert.deepEqual([killed.kind, killed.detail], ["killed", "the script was ended by SIGSEGV"]);
});

test("after the event exit 0 and 10 are delivered, with the exit code as status", async (t) => {
  const { write, tasks } = await scripts(t);
  const deliver = () => tasks.deliver(afterHandler({ kind: "script", path: "script" }), sampleCall(2000), never);
  await write("script", `echo 'set ${samplePassword}'`);
  assert.deepEqual(await deliver(), { kind: "delivered", status: 0, response: "set ***\n" });
  await write("script", "exit 10");
  assert.deepEqual(await deliver(), { kind: "delivered", status: 10, response: "" });
  await write("script", "exit 75");
  assert.equal((await deliver()).kind, "failure");
});

test("a script that hangs is stopped at its timeout with everything it started, also what ignores SIGTERM", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("hang", "sleep 60");
  await write(
    "stubborn",
    "trap '' TERM; (trap '' TERM; sleep 60) & (trap '' TERM; while :; do sleep 1; done) & wait; sleep 60",
  );
  for (const name of ["hang", "stubborn"]) {
    const startMs = performance.now();
    assert.equal(failureOf(await ask(name, 300)).kind, "timeout");
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs >= 298 && tookMs < 300 + marginMs, `took ${tookMs} ms`);
    await eventually(`nothing of ${name} is left`, () => processesIn(directory).length === 0);
  }
});

test("a script that ends on SIGTERM gets the chance to", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("tidy", `trap 'echo done > tidied; exit 0' TERM; sleep 60 & wait`);
  assert.equal(failureOf(await ask("tidy", 300)).kind, "timeout");
  await eventually("it has tidied up", () => readdirSync(directory).includes("tidied"));
});

test("children a script leaves behind are ended with it, and one that holds its output open does not hold up the answer", async (t) => {
  const { write, ask, directory } = await scripts(t);
  await write("leaves", `sleep 60 & echo '{"decision":"allow"}'`);
  const startMs = performance.now();
  assert.deepEqual(await ask("leaves"), allow);
  assert.ok(performance.now() - startMs < 1000);
  await eventually("its child is gone", () => processesIn(directory).length === 0);
  // Out of the group and so out of reach; it must not hold up the answer.
  await write("escapes", `setsid sleep 2 & sleep 0.2; echo '{"decision":"forbid"}'`);
  const escapedMs = performance.now();
  assert.deepEqual(await ask("escapes"), forbid("forbidden", ""));
  assert.ok(performance.now() - escapedMs < 1500);
});

test("a script that floods its output is killed, one that floods its errors is not, and both are bounded", async (t) => {
  const logged: { readonly stderr: string }[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void logged.push(fields as { stderr: string }) };
  const { write, ask } = await scripts(t, { logger });
  await write("flood", "exec cat /dev/zero");
  const startMs = performance.now();
  assert.equal(failureOf(await ask("flood")).kind, "too-large");
  assert.ok(performance.now() - startMs < 1000);
  await write("noisy", `echo '${samplePassword}' >&2; head -c 3000000 /dev/zero | tr '\\0' x >&2; true`);
  assert.deepEqual(await ask("noisy"), allow);
  assert.equal(logged.length, 1);
  assert.match(logged[0]?.stderr ?? "", /^\*\*\*\nx+$/);
  assert.ok((logged[0]?.stderr.length ?? 0) <= 8192);
});

test("a script that does not read its input is no error, however large the input is", async (t) => {
  const { write, tasks } = await scripts(t);
  await write("deaf", "exec 0<&-; sleep 0.1; exit 0");
  const { event } = sampleCall(1);
  const large = { ...event, data: { name: "x".repeat(900_000) } };
  const outcome = await tasks.ask(
    askedHandler({ kind: "script", path: "deaf" }),
    sampleCall(3000, { event: large }),
    never,
  );
  assert.deepEqual(outcome, allow);
});

test("a large input and a large answer pass through whole", async (t) => {
  const { write, tasks } = await scripts(t);
  await write("cat", "cat");
  const { event } = sampleCall(1);
  const large = { ...event, data: { name: "ä".repeat(100_000) } };
  const outcome = await tasks.ask(
    askedHandler({ kind: "script", path: "cat" }),
    sampleCall(3000, { event: large }),
    never,
  );
  assert.ok(outcome.kind === "answer" && outcome.answer.decision === "allow");
  assert.equal(outcome.answer.patch?.["name"], "ä".repeat(100_000));
});

test("what is not an executable file inside SCRIPTS_DIR is not run, also when a link is swapped later", async (t) => {
  const { write, ask, directory, tasks } = await scripts(t);
  await write("good", "true");
  await writeFile(join(directory, "data.json"), "{}");
  await symlink("/bin/true", join(directory, "outside"));
  await symlink(join(directory, "good"), join(directory, "link"));
  await writeFile(join(directory, "noshebang"), Buffer.from([0, 1, 2, 3]));
  await chmod(join(directory, "noshebang"), 0o755);
  for (const path of [
    "missing",
    "data.json",
    ".",
    "outside",
    "/bin/true",
    "../../../../bin/true",
    "noshebang",
    "good\0",
  ]) {
    const refused = failureOf(await ask(path));
    assert.equal(refused.kind, "unreachable", path);
  }
  assert.deepEqual(await ask("link"), allow);
  assert.deepEqual(await ask(join(directory, "good")), allow);
  await unlink(join(directory, "link"));
  await symlink("/bin/true", join(directory, "link"));
  assert.match(failureOf(await ask("link")).detail, /not inside SCRIPTS_DIR/);
  await tasks.close(100);
  const without = await scripts(t, { scriptsDir: null });
  assert.match(failureOf(await without.ask("good")).detail, /SCRIPTS_DIR/);
});

test("scripts run at most so many at once; the wait counts, and past it they are overload", async (t) => {
  const { write, tasks } = await scripts(t);
  const few = guarded(tasks, { scripts: 2, leastScripts: 2, queue: 2 });
  const ask = (path: string, timeoutMs = 5000) =>
    few.ask(askedHandler({ kind: "script", path }), sampleCall(timeoutMs), never);
  await write("slow", "sleep 0.3");
  const startMs = performance.now();
  const [first, second, third, fourth, fifth] = await Promise.all([
    ask("slow"),
    ask("slow"),
    ask("slow"),
    ask("slow", 100),
    ask("slow"),
  ]);
  assert.deepEqual([first, second, third], [allow, allow, allow]);
  assert.ok(performance.now() - startMs >= 600, "the third waited for its turn");
  assert.equal(failureOf(fourth).kind, "overload");
  assert.equal(failureOf(fifth).kind, "overload");
});

test("closing ends running scripts and leaves no process", async (t) => {
  const { write, ask, tasks, directory } = await scripts(t);
  await write("hang", "trap '' TERM; sleep 60 & sleep 60");
  const asked = ask("hang", 30_000);
  await eventually("it runs", () => processesIn(directory).length > 0);
  const startMs = performance.now();
  await tasks.close(100);
  assert.ok(performance.now() - startMs < 100 + marginMs);
  assert.equal(failureOf(await asked).kind, "timeout");
  await eventually("nothing is left", () => processesIn(directory).length === 0);
});

test("a bridge that exits without closing takes its scripts with it", async (t) => {
  const { write, directory } = await scripts(t);
  await write("hang", "trap '' TERM; sleep 60 & sleep 60");
  const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const source = `
    import { systemClock } from ${module("../../src/model/clock.ts")};
    import { silentLogger } from ${module("../../src/model/logger.ts")};
    import { createTasks } from ${module("../../src/tasks/runner.ts")};
    import { askedHandler, sampleCall } from ${module("../support/tasks.ts")};
    const tasks = createTasks({ egressAllow: [], scriptsDir: ${JSON.stringify(directory)}, logger: silentLogger, clock: systemClock });
    void tasks.ask(askedHandler({ kind: "script", path: "hang" }), sampleCall(30000), new AbortController().signal);
    setTimeout(() => process.exit(0), 500);`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
    env: { ...process.env, PWD: "" },
  });
  await eventually("nothing is left", () => processesIn(directory).length === 0);
});

test("an aborted call ends at once and its script with it", async (t) => {
  const { write, tasks, directory } = await scripts(t);
  await write("hang", "sleep 60");
  const caller = new AbortController();
  const asked = tasks.ask(askedHandler({ kind: "script", path: "hang" }), sampleCall(30_000), caller.signal);
  await eventually("it runs", () => processesIn(directory).length > 0);
  caller.abort();
  assert.match(failureOf(await asked).detail, /cancelled/);
  await eventually("nothing is left", () => processesIn(directory).length === 0);
});

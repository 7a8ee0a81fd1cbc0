import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type HandlersReading,
  type LoadedHandlers,
  readHandlers,
  readHandlersFile,
} from "../../../src/config/handlers-file.ts";
import { problemText } from "../../../src/errors.ts";
import type { Task } from "../../../src/model/handler.ts";
import { defaultRetryPolicy } from "../../../src/model/retry-policy.ts";
import { clientUpdateShape } from "../../support/shapes.ts";

const options = {
  shapes: (id: string) => (id === "clients.update" ? clientUpdateShape : undefined),
  deadlineMs: 1500,
  fileName: "h.yaml",
};

const minimal = `
  - id: guard
    stage: before
    events: [clients.update]
    task: { http: { url: "https://crm.example.net/credit" } }
    onFailure: allow`;

function load(handlers: string) {
  return usable(readHandlers(`handlers:${handlers}\n`, options));
}

function usable(reading: HandlersReading): Omit<LoadedHandlers, "definitions"> {
  assert.ok(reading.kind === "usable", JSON.stringify(reading));
  const { handlers, warnings, budget } = reading;
  return { handlers, warnings, budget };
}

function problemsOf(text: string): readonly string[] {
  const reading = readHandlers(text, options);
  return reading.kind === "refused" ? reading.problems.map(problemText) : [];
}

/** Problems of one before handler to which lines are added. */
function problemsWith(...lines: readonly string[]): string {
  return problemsOf(`handlers:${minimal}\n${lines.map((line) => `    ${line}`).join("\n")}\n`).join("\n");
}

test("a before handler gets every default", () => {
  assert.deepEqual(load(minimal), {
    handlers: [
      {
        stage: "before",
        id: "guard",
        name: "guard",
        events: ["clients.update"],
        condition: null,
        task: { kind: "http", url: "https://crm.example.net/credit", secretRefs: [] },
        status: "enabled",
        priority: 100,
        timeoutMs: 300,
        numbers: "string",
        mayChange: [],
        onFailure: { default: "allow", byKind: {} },
        mode: "enforce",
        bestEffort: false,
      },
    ],
    warnings: [],
    budget: [
      {
        eventId: "clients.update",
        mutators: [],
        validators: [{ id: "guard", timeoutMs: 300 }],
        bestEffort: [],
        mutatorsMs: 0,
        validatorsMs: 300,
        fixedMs: 30,
        sumMs: 330,
        shareMs: 1100,
        fits: true,
      },
    ],
  });
});

test("an after handler gets every default, and an alias becomes the canonical id", () => {
  const { handlers } = load(`
  - { id: crm, stage: after, events: [clients.subscriptions.assign, clients.custom_fields_update], task: { script: { path: a/b.py } } }`);
  assert.deepEqual(handlers, [
    {
      stage: "after",
      id: "crm",
      name: "crm",
      events: ["clients.packages.assign", "clients.custom_fields.update"],
      condition: null,
      task: { kind: "script", path: "a/b.py" },
      status: "enabled",
      priority: 100,
      timeoutMs: 10_000,
      numbers: "string",
      group: "crm",
      retry: defaultRetryPolicy,
    },
  ]);
});

test("every form of mayChange, onFailure, secretRef, retry and when is read", () => {
  const { handlers } = load(`
  - id: a
    stage: before
    events: [clients.update]
    when: data.credit > decimal("10")
    task: { http: { url: "http://10.0.0.5/x", secretRef: [env:NEW, "file:/run/secrets/old"] } }
    mayChange:
      - name
      - { field: credit, rule: lower-only }
      - { field: orig_capacity, maxDelta: 0.10 }
      - { field: status, oneOf: [active, disabled] }
      - { field: big, oneOf: [1, 2.50, "3.5", null] }
      - { field: tags, rule: append }
      - "*"
    onFailure: { default: allow, timeout: forbid, not-permitted: forbid }
    mode: warn
    bestEffort: true
    numbers: json
  - id: b
    stage: after
    events: [clients.balance_zero]
    task: { script: { path: b.py, persistent: false } }
    group: switch
    retry: { scheduleMs: [0, 500], maxAgeMs: 60000 }`);
  const [a, b] = handlers;
  assert.ok(a?.stage === "before" && b?.stage === "after");
  assert.deepEqual(a.mayChange, [
    { field: "name", rule: "any" },
    { field: "credit", rule: "lower-only" },
    { field: "orig_capacity", rule: "max-delta", maxDelta: "0.10" },
    { field: "status", rule: "one-of", oneOf: ["active", "disabled"] },
    { field: "big", rule: "one-of", oneOf: [1, "2.50", "3.5", null] },
    { field: "tags", rule: "append" },
    { field: "*", rule: "any" },
  ]);
  assert.deepEqual(a.onFailure, { default: "allow", byKind: { timeout: "forbid", "not-permitted": "forbid" } });
  assert.deepEqual(a.task, {
    kind: "http",
    url: "http://10.0.0.5/x",
    secretRefs: ["env:NEW", "file:/run/secrets/old"],
  });
  assert.equal(a.condition?.source, 'data.credit > decimal("10")');
  assert.deepEqual(b.retry, { ...defaultRetryPolicy, scheduleMs: [0, 500], maxAgeMs: 60_000 });
  assert.equal(b.group, "switch");
});

test("all problems are reported at once, each with line, column and path, in the order of the text", () => {
  const problems = problemsOf(`handlers:
  - id: Bad_Id
    stage: before
    evnts: [clients.update]
    task: { http: { url: "ftp://x/" } }
  - id: ok
    stage: after
    events: [clients.updat]
    task: { script: { path: ../x } }
    onFailure: allow
    timeoutMs: 5
`);
  assert.deepEqual(problems, [
    "h.yaml:2:5 handlers[0]: needs events",
    "h.yaml:2:5 handlers[0]: needs onFailure (allow | forbid): what its failure means has no default",
    "h.yaml:2:9 handlers[0].id: must be lower-case letters, digits and . _ - (at most 63, starting with a letter or digit)",
    'h.yaml:4:5 handlers[0].evnts: unknown key; did you mean "events"?',
    "h.yaml:5:26 handlers[0].task.http.url: must start with http:// or https://",
    "h.yaml:9:29 handlers[1].task.script.path: must be a path inside SCRIPTS_DIR, without ..",
    "h.yaml:10:16 handlers[1].onFailure: is for before handlers only; this one is after",
    "h.yaml:11:16 handlers[1].timeoutMs: must be a whole number from 20 to 60000",
  ]);
});

test("what its failure means must be stated for every before handler", () => {
  const text = `handlers:${minimal.replace("onFailure: allow", "name: x")}\n`;
  assert.match(problemsOf(text).join(), /needs onFailure/);
  assert.match(problemsOf(text.replace("name: x", "onFailure: { timeout: allow }")).join(), /needs a default/);
  assert.match(
    problemsOf(text.replace("name: x", "onFailure: { default: allow, timout: allow }")).join(),
    /did you mean "timeout"/,
  );
});

test("a before handler of an event that is only told afterwards is refused", () => {
  const text = `handlers:${minimal.replace("clients.update", "clients.balance_zero")}\n`;
  assert.match(problemsOf(text).join(), /only told after/);
});

test("an unknown event id is warned about when it may be a vendor's, and refused when it cannot be", () => {
  const { warnings, handlers } = load(minimal.replace("clients.update", "clients.updates"));
  assert.match(warnings.join(), /h\.yaml:4:14 handlers\[0\]\.events\[0\].*did you mean "clients\.update"/);
  assert.deepEqual(handlers[0]?.events, ["clients.updates"]);
  assert.match(problemsOf(`handlers:${minimal.replace("clients.update", "update")}\n`).join(), /no such event/);
});

test("a URL with a password is refused and not repeated", () => {
  const text = `handlers:${minimal.replace("https://crm", "https://joe:hunter2@crm")}\n`;
  const problems = problemsOf(text).join();
  assert.match(problems, /must not hold a user or password/);
  assert.doesNotMatch(problems, /hunter2/);
});

test("a secret itself is refused where a reference belongs, and not repeated", () => {
  const text = `handlers:${minimal.replace('credit"', 'credit", secretRef: whsec_hunter2')}\n`;
  const problems = problemsOf(text).join();
  assert.match(problems, /env:NAME or file:PATH/);
  assert.doesNotMatch(problems, /hunter2/);
});

test("an id can be used once", () => {
  assert.match(
    problemsOf(`handlers:${minimal}${minimal}\n`).join(),
    /handlers\[1\]: the id guard is taken by handlers\[0\]/,
  );
});

test("mayChange is checked against the schema", () => {
  assert.match(problemsWith("mayChange: [nmae]"), /has no field nmae; did you mean "name"/);
  assert.match(problemsWith("mayChange: [id]"), /id can never be changed by a handler \(id\)/);
  assert.match(problemsWith("mayChange: [balance]"), /never be changed/);
  assert.match(problemsWith("mayChange: [{ field: name, rule: lower-only }]"), /needs a number/);
  assert.match(problemsWith("mayChange: [{ field: credit, rule: append }]"), /needs a list/);
  assert.match(problemsWith("mayChange: [name, name]"), /named twice/);
  assert.match(problemsWith('mayChange: [{ field: "*", rule: append }]'), /takes no rule/);
  assert.match(problemsWith("mayChange: [{ field: credit, rule: lower-only, maxDelta: 1 }]"), /takes one of/);
  assert.match(problemsWith("mayChange: [{ field: credit, maxDelta: -1 }]"), /positive number/);
});

test("a condition is compiled, and its problems stand at its place", () => {
  assert.match(problemsWith("when: data.nope > 1"), /h\.yaml:7:11 handlers\[0\]\.when: reads data\.nope/);
});

test("handlers that do not fit the deadline are refused, with the sum", () => {
  const mutator = (id: string) =>
    minimal.replace("id: guard", `id: ${id}`) + "\n    timeoutMs: 500\n    mayChange: [name]";
  const problems = problemsOf(`handlers:${mutator("a")}${mutator("b")}${minimal}\n`).join();
  assert.match(
    problems,
    /clients\.update: mutators a 500 \+ b 500, validators max\(guard 300\), fixed 40 = 1340 of 1100 ms/,
  );
  assert.match(problems, /^h\.yaml:\d+:\d+ handlers\[0\]\.events: /, "a place that is in the file");
  assert.deepEqual(
    readHandlers(`handlers:${mutator("a")}${mutator("b")}${mutator("c")}\n`, { ...options, deadlineMs: null }).kind,
    "usable",
    "nothing is proved for a deadline that is not known",
  );
  const { budget } = load(`${mutator("a")}${mutator("b")}\n    bestEffort: true${minimal}`);
  assert.equal(budget[0]?.sumMs, 500 + 300 + 40);
  assert.deepEqual(budget[0].bestEffort, ["b"]);
});

test("a disabled handler takes nothing of the budget", () => {
  const { budget } = load(`${minimal}\n    timeoutMs: 2000\n    status: disabled`);
  assert.deepEqual(budget, []);
});

test("YAML that is broken, repeats a key or uses odd values is reported with its place", () => {
  assert.match(problemsOf("handlers: [").join(), /^h\.yaml:1:\d+ /);
  assert.match(problemsWith("id: other"), /h\.yaml:7:5 Map keys must be unique/);
  assert.match(problemsWith("name: !!binary aGk="), /h\.yaml:7:/);
  assert.match(problemsWith("name: [a]"), /name: must be a text/);
  assert.match(problemsOf("").join(), /must be a map/);
  assert.match(problemsOf("handler: []").join(), /did you mean "handlers"/);
  assert.match(problemsOf("handlers: {}").join(), /must be a list/);
  assert.deepEqual(problemsOf("handlers: []"), []);
});

test("aliases are followed, and those that unfold to billions of nodes are refused quickly", () => {
  const shared = load(
    minimal.replace("allow", "&policy { default: allow }") +
      minimal.replace("guard", "other").replace("allow", "*policy"),
  );
  assert.deepEqual(
    shared.handlers.map((handler) => handler.stage === "before" && handler.onFailure.default),
    ["allow", "allow"],
  );
  const levels = Array.from(
    { length: 12 },
    (_, at) => `    - &a${at + 1} [${Array.from({ length: 9 }, () => `*a${at}`).join(",")}]`,
  );
  const bomb = `handlers:\n  - id: x\n    name:\n    - &a0 [x]\n${levels.join("\n")}\n`;
  const started = performance.now();
  assert.match(problemsOf(bomb).join(), /too large once aliases are followed/);
  assert.ok(performance.now() - started < 2000);
  assert.ok(problemsOf("handlers: &a [*a]").length > 0, "an alias inside its own anchor");
});

test("a file that is missing or too large is refused by name", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "handlers-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const refusal = (name: string): string => JSON.stringify(readHandlersFile(join(folder, name), options));
  assert.match(refusal("none.yaml"), /"refused".+none\.yaml/);
  writeFileSync(join(folder, "large.yaml"), `#${"x".repeat(1_100_000)}`);
  assert.match(refusal("large.yaml"), /"refused".+larger/);
});

test("the example of config/ loads as it stands, without a warning", () => {
  const { handlers, warnings } = usable(
    readHandlersFile("config/handlers.example.yaml", { shapes: () => undefined, deadlineMs: 1500 }),
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    handlers.map(({ id }) => id),
    ["credit-guard", "fraud-check", "naming-rules", "switch-trunks", "switch-balance"],
  );
});

test("a shadow is a handler like any other, and its time is in no budget", () => {
  const { budget, handlers } = load(`${minimal}\n    mode: shadow\n    timeoutMs: 2000`);
  const [handler] = handlers;
  assert.ok(handler?.stage === "before" && handler.mode === "shadow");
  assert.deepEqual(budget, []);
});

test("a canary is in the budget, takes a share of the clients, and contradicts mode shadow", () => {
  const { budget, handlers } = load(`${minimal}\n    canary: 12.5`);
  const [handler] = handlers;
  assert.ok(handler?.stage === "before" && handler.mode === "enforce");
  assert.equal(handler.canary, 12.5);
  assert.equal(budget.length, 1);
  for (const bad of ["0", "101", "ten", "5\n    mode: shadow"]) {
    const reading = readHandlers(`handlers:${minimal}\n    canary: ${bad}\n`, options);
    assert.equal(reading.kind, "refused", bad);
  }
});

test("a task that the bridge could never run is refused where it stands, unless its handler is archived", () => {
  const refusalOf = ({ kind }: Task) => (kind === "script" ? "no scripts here" : null);
  const script = `
  - { id: s, stage: after, events: [clients.update], task: { script: { path: x.py } } }`;
  const read = (text: string) => readHandlers(`handlers:${minimal}${text}\n`, { ...options, refusalOf });
  const reading = read(script);
  assert.ok(reading.kind === "refused");
  assert.deepEqual(reading.problems, [
    {
      path: "handlers[1].task.script",
      place: { file: "h.yaml", line: 7, column: 70 },
      message: "no scripts here",
      hint: null,
    },
  ]);
  assert.equal(read(script.replace("id: s,", "id: s, status: archived,")).kind, "usable");
});

test("a persistent script may say after how many calls it makes room for a new process", () => {
  const taskOf = (script: string) =>
    load(`\n  - { id: s, stage: after, events: [clients.update], task: { script: ${script} } }`).handlers[0]?.task;
  assert.deepEqual(taskOf("{ path: a.py }"), { kind: "script", path: "a.py" });
  assert.deepEqual(taskOf("{ path: a.py, persistent: false }"), { kind: "script", path: "a.py" });
  const persistent = (maxCalls: number | null) => ({ kind: "script", path: "a.py", persistent: { maxCalls } });
  assert.deepEqual(taskOf("{ path: a.py, persistent: true }"), persistent(null));
  assert.deepEqual(taskOf("{ path: a.py, persistent: true, maxCalls: 5000 }"), persistent(5000));
  const refusal = (script: string) =>
    problemsOf(
      `handlers:\n  - { id: s, stage: after, events: [clients.update], task: { script: ${script} } }\n`,
    ).join();
  assert.match(refusal("{ path: a.py, maxCalls: 5 }"), /task\.script\.maxCalls.*needs persistent: true/);
  assert.match(refusal("{ path: a.py, persistent: false, maxCalls: 5 }"), /needs persistent: true/);
  assert.match(refusal("{ path: a.py, persistent: true, maxCalls: 0 }"), /whole number from 1/);
  assert.match(refusal("{ path: a.py, persistent: 1 }"), /true or false/);
});

test("a rate limit is in calls a second, with a burst of a second's calls unless it is stated", () => {
  const limitOf = (limit: string) => load(`${minimal}\n    rateLimit: ${limit}`).handlers[0]?.rateLimit;
  assert.equal(load(minimal).handlers[0]?.rateLimit, undefined);
  assert.deepEqual(limitOf("{ perSecond: 50 }"), { perSecond: 50, burst: 50 });
  assert.deepEqual(limitOf("{ perSecond: 2.5 }"), { perSecond: 2.5, burst: 2 });
  assert.deepEqual(limitOf("{ perSecond: 0.2 }"), { perSecond: 0.2, burst: 1 });
  assert.deepEqual(limitOf("{ perSecond: 50, burst: 1 }"), { perSecond: 50, burst: 1 });
  const after = load(`
  - { id: s, stage: after, events: [clients.update], task: { script: { path: a } }, rateLimit: { perSecond: 1 } }`);
  assert.deepEqual(after.handlers[0]?.rateLimit, { perSecond: 1, burst: 1 });
  assert.match(problemsWith("rateLimit: 50"), /rateLimit.*must be a map/);
  assert.match(problemsWith("rateLimit: {}"), /needs perSecond/);
  assert.match(problemsWith("rateLimit: { burst: 5 }"), /needs perSecond/);
  assert.match(problemsWith("rateLimit: { perSecond: 0 }"), /number from 0\.01 to 10000/);
  assert.match(problemsWith('rateLimit: { perSecond: "50" }'), /number from/);
  assert.match(problemsWith("rateLimit: { perSecond: .nan }"), /number from/);
  assert.match(problemsWith("rateLimit: { perSecond: 5, burst: 0 }"), /whole number from 1/);
  assert.match(problemsWith("rateLimit: { perSecnd: 5 }"), /did you mean "perSecond"/);
});

test("how many calls of a handler are under way at once may be stated, from 1 to 1024", () => {
  assert.equal(load(minimal).handlers[0]?.inFlight, undefined);
  assert.equal(load(`${minimal}\n    inFlight: 256`).handlers[0]?.inFlight, 256);
  assert.match(problemsWith("inFlight: 0"), /whole number from 1 to 1024/);
  assert.match(problemsWith("inFlight: 1025"), /whole number from 1 to 1024/);
});

test("catchUp: latest is for events that tell a whole state, after the event, and for nothing else", () => {
  const row = (events: string, more = ""): string =>
    `\n  - { id: s, stage: after, events: [${events}], task: { script: { path: a } }, catchUp: latest${more} }`;
  const balance = "clients.balance_zero, clients.balance_notzero";
  assert.deepEqual(load(row(balance)).handlers[0], { ...load(row(balance)).handlers[0], catchUp: "latest" });
  const all = load(row(balance).replace("latest", "all")).handlers[0];
  assert.ok(all?.stage === "after" && all.catchUp === undefined);
  const refusal = (text: string): string => problemsOf(`handlers:${text}\n`).join("\n");
  assert.match(refusal(row(`${balance}, clients.update`)), /catchUp.*clients\.update tells only what changed/);
  assert.match(refusal(row("clients.custom_fields_update")), /custom_fields\.update tells only what changed/);
  for (const id of ["clients.create", "clients.delete", "clients.packages.renew", "importd.process_failed"])
    assert.match(refusal(row(id)), /tells what happened, not a state/, id);
  assert.match(refusal(row("vendor.balance")), /not in the catalogue/);
  assert.match(refusal(row(balance, ', when: "data.available < 0"')), /catchUp: cannot be latest beside a when/);
  assert.match(refusal(row(balance).replace("latest", "newest")), /must be all \| latest/);
  assert.match(problemsWith("catchUp: latest"), /for after handlers only/);
});

test("a handler of the same group that takes every event is warned about beside catchUp: latest", () => {
  const row = (id: string, more: string): string =>
    `\n  - { id: ${id}, group: g, stage: after, events: [clients.balance_zero], task: { script: { path: a } }${more} }`;
  const latest = row("a", ", catchUp: latest");
  assert.match(
    load(latest + row("b", "")).warnings.join(),
    /catchUp.*has no effect on clients\.balance_zero: b, of its group/,
  );
  assert.deepEqual(load(latest + row("b", ", catchUp: latest") + row("c", ", status: archived")).warnings, []);
});

test("ordered: false is for after handlers, alone or with a whole group that says so, and not beside catchUp: latest", () => {
  const row = (id: string, more: string): string =>
    `\n  - { id: ${id}, group: g, stage: after, events: [clients.balance_zero], task: { script: { path: a } }${more} }`;
  const orderedOf = (more: string): unknown => {
    const handler = load(row("a", more)).handlers[0];
    assert.ok(handler?.stage === "after");
    return handler.ordered;
  };
  assert.deepEqual(
    [orderedOf(", ordered: false"), orderedOf(", ordered: true"), orderedOf("")],
    [false, undefined, undefined],
  );
  assert.match(problemsOf(`handlers:${row("a", ", ordered: never")}\n`).join(), /ordered: must be true or false/);
  assert.match(
    problemsOf(`handlers:${row("a", ", ordered: false, catchUp: latest")}\n`).join(),
    /ordered: cannot be false beside catchUp: latest/,
  );
  assert.match(problemsWith("ordered: false"), /for after handlers only/);
  const none = row("a", ", ordered: false");
  assert.match(load(none + row("b", "")).warnings.join(), /ordered.*has no effect on clients\.balance_zero: b, of its/);
  assert.deepEqual(load(none + row("b", ", ordered: false") + row("c", ", status: archived")).warnings, []);
});

test("since is start or a time with its zone, and of after handlers only", () => {
  const row = (since: string) =>
    `\n  - { id: s, stage: after, events: [clients.update], task: { script: { path: a } }, since: ${since} }`;
  const sinceOf = (since: string) => {
    const handler = load(row(since)).handlers[0];
    return handler?.stage === "after" ? handler.sinceMs : undefined;
  };
  assert.equal(sinceOf("start"), 0);
  assert.equal(sinceOf("2026-01-31T12:00:00Z"), Date.UTC(2026, 0, 31, 12));
  assert.equal(sinceOf('"2026-01-31T12:00:00.250+01:00"'), Date.UTC(2026, 0, 31, 11, 0, 0, 250));
  for (const wrong of ["end", "2026-01-31", '"2026-01-31T12:00:00"', '"2026-13-31T12:00:00Z"', "12"])
    assert.match(problemsOf(`handlers:${row(wrong)}\n`).join(), /since: must be (start, or a time|a text)/, wrong);
  assert.match(problemsWith("since: start"), /since.*after handlers only/);
});

test("since in the future is warned about: what happens until then would be passed over without a word", () => {
  const warningsOf = (since: string): string => {
    const text = `handlers:\n  - { id: s, stage: after, events: [clients.update], task: { script: { path: a } }, since: ${since} }\n`;
    const reading = readHandlers(text, {
      shapes: () => undefined,
      deadlineMs: 1000,
      nowMs: () => Date.UTC(2026, 0, 1),
    });
    assert.ok(reading.kind === "usable");
    return reading.warnings.join();
  };
  assert.match(warningsOf("2026-01-02T00:00:00Z"), /handlers\[0\]\.since.*lies in the future/);
  for (const fine of ["start", "2025-12-31T00:00:00Z", "2026-01-01T00:00:30Z"])
    assert.equal(warningsOf(fine), "", fine);
});

/**
 * How long a look into the execution log's index takes when it holds a million entries, and what building it costs.
 *
 *   node bench/execution-index.ts [entries] [folder]
 *
 * Entries are made up: 40 handlers of very different weight, the 18 events, 20,000 clients and half a million objects over
 * seven days, bodies of some hundred bytes. A folder that holds an index of so many entries already is used as it is.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executionEntry } from "../src/execution-log/entries.ts";
import type { EntryQuery } from "../src/execution-log/entry.ts";
import { Store } from "../src/execution-log/store.ts";
import type { StoredExecution } from "../src/kafka/records/execution-codec.ts";
import { eventCatalogue } from "../src/model/event-catalogue.ts";

const total = Number(process.argv[2] ?? 1_000_000);
const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), "execution-index-"));
const weekMs = 7 * 86_400_000;
const nowMs = Date.UTC(2026, 0, 31);

let seed = 7;
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return seed / 0x80000000;
}
const below = (limit: number): number => Math.floor(random() * limit);
/** Low numbers are far more frequent. */
const skewed = (limit: number): number => Math.floor(limit * random() ** 3);

const words = Array.from({ length: 2000 }, (_, at) => `w${((at * 2_654_435_761) >>> 8).toString(36)}`);
const failures = ["timeout", "status", "unreachable", "bad-answer", "exit"];

function entry(at: number): StoredExecution {
  const atMs = nowMs - weekMs + Math.floor((at / total) * (weekMs - 60_000)) + below(2000);
  const handler = skewed(40);
  const event =
    eventCatalogue[(handler * 5 + skewed(1 + (handler % 5))) % eventCatalogue.length]?.id ?? "clients.update";
  const failed = random() < 0.04;
  const isBefore = handler % 3 === 0;
  const outcome = failed
    ? (failures[skewed(failures.length)] ?? "")
    : isBefore
      ? random() < 0.03
        ? "forbid"
        : "allow"
      : "delivered";
  const client = skewed(20_000);
  const text = Array.from({ length: 12 }, () => words[skewed(words.length)]).join(" ");
  return {
    id: `${at.toString(16).padStart(12, "0")}-${below(2 ** 30).toString(16)}`,
    ...{
      at: new Date(atMs).toISOString(),
      instanceId: "bench",
      stage: isBefore ? "before" : "after",
      handler: `handler-${handler}`,
    },
    ...{
      group: isBefore ? null : `handler-${handler}`,
      eventId: event,
      objectId: String(below(500_000)),
      clientKey: String(client),
    },
    ...{
      operationId: isBefore ? `op-${at}` : null,
      deliveryId: `d-${at}`,
      attempt: 1,
      sequence: `billing.clients/1/${at}`,
    },
    ...{ outcome, ms: Math.round(2 / (random() + 0.001)), status: failed ? null : 200 },
    detail: failed ? `no complete answer within 1000 ms${at % 100_000 === 0 ? " needle" : ""}` : null,
    sent: `{"event":{"dt":"2026-01-30T10:00:00+00:00","events_id":"${event}","object_id":${below(500_000)}},"data":{"id":${client},"name":"${text}","currency":"EUR","status":"active","tariffs_id":${below(300)}}}`,
    ...{ sentCut: false, answered: isBefore ? `{"decision":"${outcome}"}` : "ok", answeredCut: false },
    ...{ disposition: isBefore ? null : "accept", retryInMs: null, delayMs: isBefore ? null : below(900) },
  };
}

const store = new Store({ folder, prefix: "bench", maxAgeMs: weekMs * 2, maxBytes: 2 ** 40, nowMs: () => nowMs });
const startMs = performance.now();
const startCpu = process.cpuUsage();
let longestMs = 0;
for (let first = store.positions()[0]?.next ?? 0; first < total; first += 200) {
  const entries = Array.from({ length: Math.min(200, total - first) }, (_, at) => executionEntry(entry(first + at)));
  const addMs = performance.now();
  store.add(entries, { topic: "bench", partition: 0, next: first + entries.length });
  longestMs = Math.max(longestMs, performance.now() - addMs);
  if (first % 100_000 === 0)
    console.log(`${first}: ${Math.round(performance.now() - startMs)} ms, ${(store.bytes() / 2 ** 20).toFixed(0)} MiB`);
}
const builtMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(startCpu);
console.log(`${Math.round((user + system) / total)} µs of CPU an entry`);
console.log(
  `built in ${(builtMs / 1000).toFixed(0)} s, ${(store.bytes() / 2 ** 20).toFixed(0)} MiB, longest transaction ${longestMs.toFixed(0)} ms`,
);

const common = words[0] ?? "";
const cases: readonly (readonly [name: string, query: Partial<EntryQuery>])[] = [
  ["newest, no filter", {}],
  ["handler, common", { kind: { handler: "handler-0" } }],
  ["handler, rare", { kind: { handler: "handler-39" } }],
  ["status fail", { kind: { status: "fail" } }],
  ["outcome, rare (exit)", { kind: { outcome: "exit" } }],
  ["event, common", { kind: { event: eventCatalogue[0]?.id } }],
  ["stage before, status fail", { kind: { stage: "before", status: "fail" } }],
  [
    "handler common, outcome rare, event rare",
    { kind: { handler: "handler-0", outcome: "exit", event: eventCatalogue[17]?.id } },
  ],
  ["handler and status that never meet", { kind: { handler: "handler-0", outcome: "delivered" } }],
  ["client, most frequent", { client: "0" }],
  ["client, rare", { client: "19990" }],
  ["client most frequent, status fail", { client: "0", kind: { status: "fail" } }],
  ["object", { object: "4711" }],
  ["object and client that never meet", { object: "4711", client: "0" }],
  ["operation", { operation: `op-${Math.floor(total / 2)}` }],
  [
    "a day in the middle, status fail",
    { kind: { status: "fail" }, sinceMs: nowMs - 4 * 86_400_000, untilMs: nowMs - 3 * 86_400_000 },
  ],
  ["page 100,000 deep, no filter", { cursor: String((nowMs - 86_400_000) * 1024) }],
  ["word in every entry (currency)", { text: "currency" }],
  ["word, common", { text: common }],
  ["word, rare (10 entries)", { text: "needle" }],
  ["word that does not occur", { text: "nowhere" }],
  ["two common words", { text: `${common} ${words[1]}` }],
  ["two words in every entry, status fail", { text: "currency eur", kind: { status: "fail" } }],
  ["word in every entry, client rare", { text: "currency", client: "19990" }],
  ["word common, handler rare, status fail", { text: common, kind: { handler: "handler-39", status: "fail" } }],
];
console.log("| filter | found | p50 ms | worst ms |\n|---|---|---|---|");
for (const [name, query] of cases) {
  const times: number[] = [];
  let found = 0;
  for (let run = 0; run < 50; run++) {
    const runMs = performance.now();
    found = store.executions({ kind: {}, limit: 50, ...query }).items.length;
    times.push(performance.now() - runMs);
  }
  times.sort((left, right) => left - right);
  console.log(`| ${name} | ${found} | ${times[25]?.toFixed(1)} | ${times.at(-1)?.toFixed(1)} |`);
}
for (const [name, run] of [
  ["figures of all handlers, last hour", () => store.recent(nowMs - 3_600_000)],
  ["figures of all handlers, last day", () => store.recent(nowMs - 86_400_000)],
  ["chart of a handler, a day by 5 minutes", () => store.steps("handler-0", nowMs - 86_400_000, 300_000)],
  ["chart of a handler, a week by hour", () => store.steps("handler-0", nowMs - weekMs, 3_600_000)],
  ["chart of a handler, a week by minute", () => store.steps("handler-0", nowMs - weekMs, 60_000)],
] as const) {
  const times = Array.from({ length: 20 }, () => {
    const runMs = performance.now();
    run();
    return performance.now() - runMs;
  }).sort((left, right) => left - right);
  console.log(`| ${name} | | ${times[10]?.toFixed(1)} | ${times.at(-1)?.toFixed(1)} |`);
}
console.log(folder);
store.close();

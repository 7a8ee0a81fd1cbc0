import { gzipSync } from "node:zlib";
import { response } from "../loopback.ts";
import { allowing, answerWell, answerWith, type HostileCall, inTurn, markOf, type Play } from "./hostile-call.ts";
import { nothing, type Said, type SaidChange } from "./said.ts";

/** Handlers that answer in time, whole, and wrong: what they say must be discarded whole, or taken to the last digit. */

/** The mark stands beside each wrong value: it shows if an answer is ever applied in part. */
function spoiled(values: readonly string[]): Play {
  return (call) => {
    const fields = [`"c_company":${JSON.stringify(markOf(call))}`, inTurn(values, call)];
    // The wrong one comes last or first.
    const data = (call.number % 2 === 0 ? fields : fields.reverse()).join(",");
    answerWith(call, nothing, `{"decision":"allow","data":{${data}}}`);
  };
}

function bodies(of: (call: HostileCall) => readonly string[]): Play {
  return (call) => answerWith(call, nothing, inTurn(of(call), call));
}

const html = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
const gigantic = 50 * 1024 * 1024;
/** 50 KiB that unfold to 50 MiB: JSON that is valid from end to end. */
const bomb = gzipSync(`{"decision":"allow","data":{"c_company":"${"A".repeat(gigantic)}"}}`);

const wrongTypes = [
  '"orig_capacity":"many"',
  '"orig_capacity":1.5',
  '"orig_capacity":-1',
  '"orig_capacity":true',
  '"orig_capacity":[3]',
  '"credit":{}',
  '"credit":"NaN"',
  '"credit":"Infinity"',
  '"credit":"0x10"',
  '"credit":null',
  '"name":5',
  '"name":null',
  '"name":{"first":"a"}',
  '"payment_terms_id":"three"',
];

const wrongWholes = [
  '{"decision":"ALLOW"}',
  '{"decision":true}',
  '{"decision":["allow"]}',
  '{"decision":"allow","data":[]}',
  '{"decision":"allow","data":"none"}',
  '{"data":{"c_company":"without a decision"}}',
  "[]",
  "null",
  "true",
  '"allow"',
  "allow",
  "{}",
  "",
];

/** Integers past 2^53 and decimals past what a float holds: kept to the last digit, or refused. */
const numbers: readonly (readonly [string, SaidChange | null])[] = [
  ['"payment_terms_id":9007199254740993', { payment_terms_id: 9007199254740993n }],
  ['"payment_terms_id":"9007199254740995"', { payment_terms_id: 9007199254740995n }],
  ['"payment_terms_id":9223372036854775807', { payment_terms_id: 9223372036854775807n }],
  ['"payment_terms_id":9223372036854775808', null],
  ['"payment_terms_id":9007199254740993.5', null],
  ['"credit":123456789.1234567891', { credit: "123456789.1234567891" }],
  ['"credit":"-100.0000000001"', { credit: "-100.0000000001" }],
  ['"credit":0.1', { credit: "0.1" }],
  ['"credit":0.12345678901', null],
  ['"credit":1e999999999', null],
  ['"credit":1000000000', null],
  [`"credit":${"9".repeat(200)}`, null],
  ['"orig_capacity":4294967297', null],
  ['"orig_capacity":1e400', null],
];

const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);
const nested = [
  `"tags":${deep(10_000, "[", "]")}`,
  `"c_address":${deep(20_000, '{"a":', "}").replace('{"a":}', '{"a":1}')}`,
  `"extra":${deep(40, '{"a":', "}").replace('{"a":}', '{"a":1}')}`,
  `"tags":${"[".repeat(100_000)}`,
];

const forbidden = [
  '"id":999999',
  '"companies_id":7',
  '"c_dt":"2001-01-01T00:00:00+00:00"',
  '"currencies_id":7',
  '"tax_id":"not in mayChange"',
  '"status":"archive"',
  '"orig_capacity":100000',
  '"credit":"150.26"',
  '"balance":"1000000"',
  '"changed_fields":["credit"]',
  '"extra":{"vendor":"1"}',
];

const duplicates = (call: HostileCall): readonly string[] => {
  const mark = JSON.stringify(markOf(call));
  return [
    '{"decision":"forbid","decision":"allow"}',
    `{"decision":"allow","data":{"c_company":${mark},"c_company":"other"}}`,
    `{"decision":"allow","data":{"c_company":${mark}},"data":{}}`,
    `{"decision":"allow","data":{"c_company":${mark},"\\u0063_company":"other"}}`,
    `{"decision":"allow","data":{"c_company":${mark},"__proto__":{"status":"archive"}}}`,
    `{"decision":"allow","data":{"c_company":${mark},"constructor":{"prototype":{}}}}`,
    `{"decision":"allow"}{"decision":"forbid"}`,
    `{"event":{"dt":"2001-01-01","events_id":"clients.update","object_id":1},"data":{"c_company":${mark}}}`,
  ];
};

const statuses = (call: HostileCall): readonly string[] => {
  const body = allowing({ c_company: markOf(call) });
  return [
    response("301 Moved", body, ["location: /tidy"]),
    response("307 Elsewhere", body, ["location: http://127.0.0.1:1/"]),
    response("400 Bad Request", body),
    response("409 Conflict", body),
    response("418 Teapot", body),
  ];
};

const valid: Play = (call) => answerWell(call);

/** Upper-cases the name: the well-behaved mutator of every scenario. */
const tidy: Play = (call) => {
  const { name } = call.data;
  const change = { name: typeof name === "string" ? name.toUpperCase() : "" };
  answerWith(call, { kind: "allow", change }, allowing(change));
};

/** Forbids a tenth of what it is asked about: the well-behaved validator of every scenario. */
const guard: Play = (call) => {
  const said: Said =
    Number(call.data["orig_capacity"]) % 10 === 7 ? { kind: "forbid", code: "guard" } : { kind: "allow", change: {} };
  const reason = { code: "guard", message: "never a seven" };
  answerWith(
    call,
    said,
    JSON.stringify(said.kind === "forbid" ? { decision: "forbid", reason } : { decision: "allow" }),
  );
};

export const answerPlays: Readonly<Record<string, Play>> = {
  tidy,
  guard,
  valid,
  html: (call) => answerWith(call, nothing, html, ["content-type: text/html"]),
  "gzip-bomb": (call) => {
    const small = gzipSync(allowing({ c_company: markOf(call) }));
    const packed = call.number % 2 === 0 ? small : bomb;
    call.say(nothing);
    call.socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`);
    call.socket.write(packed);
  },
  "duplicate-keys": bodies(duplicates),
  "wrong-types": (call) => {
    if (call.number % 2 === 0) bodies(() => wrongWholes)(call);
    else spoiled(wrongTypes)(call);
  },
  "big-numbers": (call) => {
    const [text, change] = inTurn(numbers, call);
    const said: Said = change === null ? nothing : { kind: "allow", change };
    answerWith(call, said, `{"decision":"allow","data":{${text}}}`);
  },
  deep: spoiled(nested),
  forbidden: spoiled(forbidden),
  status: (call) => {
    call.say(nothing);
    call.socket.write(inTurn(statuses(call), call));
  },
  /** Says one thing the first time it is asked, and the opposite when it is asked again: about at the same time. */
  contradicts: (call) => {
    if (call.numberOfEvent % 2 === 1) setTimeout(() => answerWell(call), 10);
    else answerWith(call, { kind: "forbid", code: "contradiction" }, forbidText);
  },
};

const forbidText = JSON.stringify({ decision: "forbid", reason: { code: "contradiction", message: "no" } });

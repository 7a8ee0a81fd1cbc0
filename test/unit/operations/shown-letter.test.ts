import assert from "node:assert/strict";
import { test } from "node:test";
import { letterText, listTable } from "../../../src/cli/dead-letters/text.ts";
import { jsonOf } from "../../../src/model/json-data.ts";
import type { Reading } from "../../../src/model/reading.ts";
import { keyText, listedLetter, showLetter } from "../../../src/operations/shown-letter.ts";
import { sampleEvent, samplePassword } from "../../support/tasks.ts";
import { filed, letter } from "./letters.ts";

const at = filed("3/17").at;
const attempt = {
  number: 1,
  at: "2026-01-01T00:00:00.000Z",
  ms: 5,
  kind: "status",
  detail: "",
  status: 400,
  exit: null,
};
const readable: Reading = { kind: "event", event: sampleEvent, recode: () => assert.fail() };
const reads = (reading: Reading) => ({ read: () => Promise.resolve(reading) });

test("what is secret is masked wherever it stands: data, detail, attempts, headers; as text and as JSON", async () => {
  const told = `the handler said ${samplePassword}`;
  const leaking = letter(
    { detail: told, attempts: [{ ...attempt, detail: told }] },
    {
      headers: {
        ce_type: Buffer.from("clients.accounts.update"),
        ce_source: Buffer.from(`/core?${samplePassword}`),
        authorization: Buffer.from("Bearer abc"),
      },
    },
  );
  const shown = await showLetter(at, leaking, reads(readable));
  for (const text of [jsonOf(shown), letterText(shown)]) {
    assert.ok(!text.includes(samplePassword) && !text.includes("hünter"), text);
    assert.ok(!text.includes("Bearer"), "nobody knows what a foreign header holds");
    assert.ok(text.includes("***"));
  }
  assert.deepEqual(shown.data, { id: 12, name: "n", password: "***" });
  assert.equal(shown.headers["authorization"], "(10 bytes)");
  assert.equal(shown.headers["ce_type"], "clients.accounts.update");
});

test("of a value that cannot be read only the size and the hash are shown, and why", async () => {
  const poisoned = letter({ handler: null, reason: "undecodable" }, { value: Buffer.from("any bytes: hunter2") });
  const shown = await showLetter(at, poisoned, reads({ kind: "poison", reason: "undecodable", detail: "bad varint" }));
  const { data, unread, value } = shown;
  assert.deepEqual([data, unread, value?.bytes, value?.sha256.length], [null, "bad varint", 18, 64]);
  for (const text of [jsonOf(shown), letterText(shown)]) assert.ok(!text.includes("hunter2"));
  assert.match(letterText(shown), /handler +none was reached/);
  assert.match(letterText(shown), /not shown, as it cannot be read: bad varint/);
});

test("a gap, which holds no record, is shown as one", async () => {
  const gap = letter(
    { handler: null, reason: "gap", eventId: null },
    { key: null, value: null, headers: {}, timestampMs: -1 },
  );
  const shown = await showLetter(at, gap, reads({ kind: "poison", reason: "not-wire-format", detail: "no value" }));
  assert.deepEqual([shown.value, shown.recordedAt, shown.key, shown.event], [null, null, null, null]);
  assert.match(letterText(shown), /^ {2}value +none$/m);
});

test("a key is shown as text where it is text, else as base64", () => {
  assert.equal(keyText(null), null);
  assert.equal(keyText(Buffer.from("12")), "12");
  assert.equal(keyText(Buffer.from([0xff, 0])), "base64:/wA=");
  assert.equal(keyText(Buffer.from("a\u001b[2J")), "base64:YRtbMko=");
});

test("the list has a row for each letter, and nothing in it steers a terminal", () => {
  const rows = [
    listedLetter(at, letter()),
    listedLetter(filed("0/2").at, letter({ handler: null, eventId: null, detail: "a\u001b[2J\nc" }, { key: null })),
  ];
  const lines = listTable(rows).split("\n");
  assert.match(lines[0] ?? "", /^position +died +group +handler +event +key +object +reason +detail$/);
  assert.match(
    lines[2] ?? "",
    /^3\/17 +2026-11-17T08:00:00Z +main +crm +clients\.update +12 +12 +rejected +status 400$/,
  );
  assert.match(lines[3] ?? "", /^0\/2 +\S+ +main +- +- +- +12 +rejected +a \[2J c$/);
  assert.ok(!lines.join("").includes("\u001b"));
  assert.ok(!listTable([listedLetter(at, letter({ detail: "b".repeat(500) }))]).includes("b".repeat(121)));
});

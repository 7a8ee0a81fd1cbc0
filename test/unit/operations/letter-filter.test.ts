import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalEventId } from "../../../src/model/event-catalogue.ts";
import type { Reading } from "../../../src/model/reading.ts";
import { isMeant, type LetterFilter, matchesLetter } from "../../../src/operations/letter-filter.ts";
import { sampleEvent } from "../../support/tasks.ts";
import { diedMs, letter } from "./letters.ts";

const unread = { read: () => assert.fail("decoded for nothing") };

test("no filter means every letter", () => {
  assert.ok(matchesLetter(letter(), {}));
  assert.ok(matchesLetter(letter({ handler: null, eventId: null }, { key: null, value: null, headers: {} }), {}));
});

test("each filter holds its own value and nothing like it", () => {
  const pairs: readonly (readonly [right: LetterFilter, wrong: LetterFilter])[] = [
    [{ group: "main" }, { group: "mai" }],
    [{ handler: "crm" }, { handler: "CRM" }],
    [{ event: "clients.update" }, { event: "clients" }],
    [{ key: "12" }, { key: "1" }],
    [{ reason: "rejected" }, { reason: "" }],
    [{ sinceMs: diedMs }, { sinceMs: diedMs + 1 }],
    [{ untilMs: diedMs + 1 }, { untilMs: diedMs }],
  ];
  for (const [right, wrong] of pairs) {
    assert.ok(matchesLetter(letter(), right), JSON.stringify(right));
    assert.ok(!matchesLetter(letter(), wrong), JSON.stringify(wrong));
  }
  const all = Object.assign({}, ...pairs.map(([right]) => right)) as LetterFilter;
  assert.ok(matchesLetter(letter(), all));
  for (const [, wrong] of pairs) assert.ok(!matchesLetter(letter(), { ...all, ...wrong }));
});

test("a letter without a handler, an event or a key matches no filter by it", () => {
  const bare = letter({ handler: null, eventId: null }, { key: null });
  for (const filter of [{ handler: "" }, { event: "null" }, { key: "" }]) assert.ok(!matchesLetter(bare, filter));
});

test("an event is also found by its alias", () => {
  const event = "clients.custom_fields_update";
  assert.ok(matchesLetter(letter({ eventId: canonicalEventId(event) }), { event }));
  assert.notEqual(canonicalEventId(event), event);
});

test("the object's id is read from the header, without decoding the event", async () => {
  assert.ok(await isMeant(letter(), { objectId: "12" }, unread));
  assert.ok(!(await isMeant(letter(), { objectId: "13" }, unread)));
  assert.ok(!(await isMeant(letter(), { objectId: "12", group: "other" }, unread)));
});

test("without that header the event is decoded for it; one that cannot be matches none", async () => {
  const bare = letter({}, { headers: {} });
  const reader = (reading: Reading) => ({ read: () => Promise.resolve(reading) });
  const event: Reading = { kind: "event", event: { ...sampleEvent, objectId: "77" }, recode: () => assert.fail() };
  assert.ok(await isMeant(bare, { objectId: "77" }, reader(event)));
  assert.ok(!(await isMeant(bare, { objectId: "7" }, reader(event))));
  const poison: Reading = { kind: "poison", reason: "undecodable", detail: "" };
  assert.ok(!(await isMeant(bare, { objectId: "77" }, reader(poison))));
  assert.ok(await isMeant(bare, {}, unread), "nobody asked");
});

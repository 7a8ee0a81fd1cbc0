import assert from "node:assert/strict";
import { test } from "node:test";
import { lagTable, resetTable } from "../../../src/cli/groups/text.ts";
import { ageText } from "../../../src/cli/operation.ts";
import { BridgeError } from "../../../src/errors.ts";
import { parsePosition } from "../../../src/operations/letters.ts";
import { parseTarget, parseTime } from "../../../src/operations/reset-target.ts";

const nowMs = Date.UTC(2026, 10, 24, 12);
const usage = (error: unknown) => error instanceof BridgeError && error.code === "USAGE";

test("a target is the start, the end, a time or how long ago", () => {
  assert.deepEqual(parseTarget("--to", "start", nowMs), { kind: "start" });
  assert.deepEqual(parseTarget("--to", "end", nowMs), { kind: "end" });
  for (const [text, atMs] of [
    ["2026-11-17", Date.UTC(2026, 10, 17)],
    ["2026-11-17T08:30Z", Date.UTC(2026, 10, 17, 8, 30)],
    ["2026-11-17T08:30:15.250Z", Date.UTC(2026, 10, 17, 8, 30, 15, 250)],
    ["2026-11-17T08:30:00+02:00", Date.UTC(2026, 10, 17, 6, 30)],
    ["90s", nowMs - 90_000],
    ["30m", nowMs - 1_800_000],
    ["12h", nowMs - 43_200_000],
    ["7d", nowMs - 604_800_000],
  ] as const) {
    assert.deepEqual(parseTarget("--to", text, nowMs), { kind: "time", atMs }, text);
  }
});

test("anything else is refused with the option and an example; a time without a zone most of all", () => {
  for (const text of [
    "",
    "yesterday",
    "2026-11-17T08:00",
    "17.11.2026",
    "2026-13-01",
    "7",
    "d7",
    "-7d",
    "1.5h",
    "7 d",
  ]) {
    assert.throws(() => parseTime("--since", text, nowMs), usage, text);
  }
  assert.throws(() => parseTime("--since", "soon", nowMs), /^BridgeError: --since: "soon" is no time: write 2026-/);
});

test("a position of a dead letter is a partition and an offset", () => {
  assert.deepEqual(parsePosition("3/17"), { partition: 3, offset: 17 });
  for (const text of ["", "17", "3/", "/17", "3/17/1", "-1/2", "a/b", "3/1.5", "3 / 17"]) {
    assert.throws(() => parsePosition(text), usage, text);
  }
});

test("an age is said in the unit that people would take", () => {
  assert.deepEqual([0, 4200, 59_999, 60_000, 90_000, 3_600_000 * 3.5, 86_400_000 * 14].map(ageText), [
    "0 s",
    "4 s",
    "59 s",
    "1 min",
    "1.5 min",
    "3.5 h",
    "14 d",
  ]);
});

test("the table of a lag says where nothing was committed, and what is lost", () => {
  const of = { topic: "billing.clients", end: 9 };
  const partitions = [
    { ...of, partition: 0, committed: 4, lag: 5, oldestMs: 90_000, lost: 0 },
    { ...of, partition: 1, committed: null, lag: null, oldestMs: null, lost: 0 },
    { ...of, partition: 2, committed: 1, lag: 2, oldestMs: 1000, lost: 6 },
  ];
  assert.deepEqual(
    lagTable([{ groupId: "g", partitions }])
      .split("\n")
      .slice(2),
    [
      "g      billing.clients  0          4          9    5    1.5 min",
      "g      billing.clients  1          none       9",
      "g      billing.clients  2          1          9    2    1 s      6",
    ],
  );
});

test("the table of a reset says for each partition what comes again and what is skipped", () => {
  const of = { topic: "t", parked: false };
  const steps = [
    { ...of, partition: 0, from: 9, to: 4, again: 5 },
    { ...of, partition: 1, from: 4, to: 9, again: -5 },
    { ...of, partition: 2, from: 4, to: 4, again: 0 },
    { ...of, partition: 3, from: null, to: 4, again: null },
  ];
  assert.deepEqual(resetTable(steps).split("\n").slice(2), [
    "t      0          9     4   5 are delivered again",
    "t      1          4     9   5 are skipped",
    "t      2          4     4   unchanged",
    "t      3          none  4   a first position",
  ]);
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { noTests, plus, summaryLine } from "../../support/runner/run-files.ts";
import { type Kind, select } from "../../support/runner/selection.ts";

const root = mkdtempSync(join(tmpdir(), "selection-"));
after(() => rmSync(root, { recursive: true }));
const files = ["e2e/z.test.ts", "unit/b/two.test.ts", "unit/a/one.test.ts", "unit/a/support.ts", "fault/f.test.ts"];
for (const file of files) {
  mkdirSync(join(root, file, ".."), { recursive: true });
  writeFileSync(join(root, file), "");
}

function selected(...args: string[]): [Kind, string[]][] | string {
  const selection = select(root, args);
  if (selection.kind === "unknown") return `unknown ${selection.argument}`;
  return [...selection.files].map(([kind, list]) => [kind, list.map((file) => file.slice(root.length + 1))]);
}

test("without arguments every test file runs, the cheap kinds first", () => {
  assert.deepEqual(selected(), [
    ["unit", ["unit/a/one.test.ts", "unit/b/two.test.ts"]],
    ["fault", ["fault/f.test.ts"]],
    ["e2e", ["e2e/z.test.ts"]],
  ]);
});

test("kinds, folders and files may be mixed, and no file runs twice", () => {
  const one = join(root, "unit/a/one.test.ts");
  assert.deepEqual(selected("e2e", join(root, "unit/a"), one), [
    ["unit", ["unit/a/one.test.ts"]],
    ["e2e", ["e2e/z.test.ts"]],
  ]);
});

test("a kind without tests selects none", () => {
  assert.deepEqual(selected("contract"), []);
});

test("what is no kind, no test file or outside the tests is named", () => {
  for (const argument of ["untit", join(root, "unit/a/support.ts"), join(root, "nowhere.test.ts")]) {
    assert.equal(selected("unit", argument), `unknown ${argument}`);
  }
});

test("the last line sums all kinds and names skipped tests only when there are any", () => {
  const first = { ...noTests, passed: 3, failed: 1, failures: ["one"] };
  assert.equal(summaryLine({ ...noTests, passed: 3 }), "3 passed, 0 failed");
  const sum = plus(first, { ...noTests, passed: 2, skipped: 4 });
  assert.equal(summaryLine(sum), "5 passed, 1 failed, 4 skipped");
  assert.deepEqual(sum.failures, ["one"]);
});

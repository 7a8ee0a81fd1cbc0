import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { renderTable } from "../../../src/cli/table.ts";

describe("a text table", () => {
  it("is as wide as its cells, with no trailing blanks", () => {
    assert.equal(renderTable(["a", "bb"], [["1", "2"]], 80), ["a  bb", "-  --", "1  2"].join("\n"));
  });

  it("wraps the widest column between words until it fits the page", () => {
    assert.equal(
      renderTable(["id", "text"], [["1", "one two three four"]], 14),
      ["id  text", "--  ----------", "1   one two", "    three four"].join("\n"),
    );
  });

  it("is one line a row where there is no page, so that a pipe can be searched by line", () => {
    const words = "word ".repeat(80).trim();
    const [, rule = "", row] = renderTable(["id", "events"], [["crm", `a\nb ${words}`]], null).split("\n");
    assert.equal(row, `crm  a; b ${words}`);
    assert.equal(rule, `---  ${"-".repeat(40)}`);
  });

  it("becomes a list of records where no page is wide enough, without what is empty", () => {
    const rows = [
      ["one", "https://crm.example.net/hook", "", "the first of all"],
      ["two", "b", "sales", ""],
    ];
    assert.equal(
      renderTable(["id", "task", "group", "note"], rows, 42),
      ["id     one", "task   https://crm.example.net/hook", "note   the first of all", "", "id     two", "task   b"]
        .concat("group  sales")
        .join("\n"),
    );
  });

  it("never is wider than its page", () => {
    const cell = fc.stringMatching(/^[a-z ]{0,60}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 40, max: 200 }),
        (rows, page) => {
          const lines = renderTable(["one", "two", "three", "four"], rows, page).split("\n");
          assert.ok(Math.max(...lines.map((line) => line.length)) <= page, lines.join("\n"));
        },
      ),
    );
  });

  it("lets no foreign text steer a terminal", () => {
    assert.doesNotMatch(renderTable(["note"], [["\u001b[2Jgone\r"]], null), /[\u001b\r]/);
  });

  it("loses nothing of a cell, whatever the page", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const cell = fc.array(word, { maxLength: 8 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 26, max: 120 }),
        (rows, width) => {
          const text = renderTable(["left", "right"], rows, width);
          const words = (from: string): string[] =>
            from
              .split(/\s+/)
              .filter((part) => part !== "" && !/^-+$/.test(part))
              .sort();
          assert.deepEqual(words(text), words(["left", "right", ...rows.flat()].join(" ")));
        },
      ),
    );
  });
});

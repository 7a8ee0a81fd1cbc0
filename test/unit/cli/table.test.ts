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

  it("loses nothing of a cell, whatever the page", () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    const cell = fc.array(word, { maxLength: 8 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 10, max: 120 }),
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

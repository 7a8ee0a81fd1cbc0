import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { figuresSql } from "../../../src/execution-log/figures.ts";
import { columns, schemaSql, tables, textSql, walkSql } from "../../../src/execution-log/schema.ts";

/** How SQLite goes about each query: by times a busy machine could tell nothing, by its plan everything. */

const database = new DatabaseSync(":memory:");
database.exec(schemaSql);
after(() => database.close());

function planOf(sql: string): string {
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as readonly { readonly detail: string }[];
  return rows.map(({ detail }) => detail).join("; ");
}

for (const table of tables) {
  test(`${table}: every page is read from the end of an index's range, and nothing is sorted`, () => {
    const plans = [
      [walkSql(table, "time"), `SEARCH ${table} USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)`],
      [walkSql(table, "kind"), `SEARCH ${table} USING COVERING INDEX ${table}_kind (kind=? AND rowid>? AND rowid<?)`],
      ...columns.flatMap((column) => [
        [
          walkSql(table, column),
          `SEARCH ${table} USING COVERING INDEX ${table}_${column} (${column}=? AND key>? AND key<?)`,
        ],
        // Other columns are looked at in the entries themselves, of this one value only.
        ...columns
          .filter((other) => other !== column)
          .map((other) => [
            walkSql(table, column, [other], true),
            `SEARCH ${table} USING INDEX ${table}_${column} (${column}=? AND key>? AND key<?)`,
          ]),
      ]),
    ] as const;
    for (const [sql = "", expected = "none"] of plans) {
      const plan = planOf(sql);
      assert.ok(plan.startsWith(expected), `${sql}\n${plan}`);
      assert.doesNotMatch(plan, /TEMP B-TREE|SCAN (?!json_each)/);
    }
  });

  test(`${table}: words are read newest first, within their range, without a sort`, () => {
    const plan = planOf(textSql(table));
    assert.match(plan, new RegExp(`^SCAN ${table}_words VIRTUAL TABLE INDEX \\d+:D?M\\d[<>]*`));
    assert.doesNotMatch(plan, /TEMP B-TREE/);
  });
}

test("figures are read from the range of one handler and level", () => {
  assert.equal(planOf(figuresSql), "SEARCH figures USING PRIMARY KEY (level=? AND handler=? AND at>?)");
});

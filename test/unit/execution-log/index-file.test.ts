import assert from "node:assert/strict";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { executionEntry } from "../../../src/execution-log/entries.ts";
import { isCorrupt } from "../../../src/execution-log/index-file.ts";
import { indexFolder, openStore, storedExecution } from "../../support/execution-entries.ts";

describe("the file of the index", () => {
  let folder = "";
  let remove = (): void => undefined;
  beforeEach(() => {
    ({ folder, remove } = indexFolder());
  });
  afterEach(() => remove());

  const file = (slot = 0): string => join(folder, `p-${slot}.sqlite`);
  const ids = (store: ReturnType<typeof openStore>): readonly string[] =>
    store.executions({ kind: {}, limit: 10 }).items.map(({ id }) => id);
  function filled(): void {
    const store = openStore(folder);
    store.add([executionEntry(storedExecution("kept"))], { topic: "t", partition: 0, next: 1 });
    store.close();
  }

  it("is found again as it was left", () => {
    filled();
    const store = openStore(folder);
    assert.deepEqual([store.isNew, ids(store), store.positions().map(({ next }) => next)], [false, ["kept"], [1]]);
    store.close();
  });

  it("is one an instance: a second one takes the next, and the first is free again when its holder is gone", () => {
    filled();
    const [first, second] = [openStore(folder), openStore(folder)];
    assert.deepEqual([first.file, second.file, second.isNew], [file(0), file(1), true]);
    first.close();
    const third = openStore(folder);
    assert.deepEqual([third.file, ids(third)], [file(0), ["kept"]]);
    second.close();
    third.close();
  });

  it("is made anew when it is no database, cut off, or of another version", () => {
    const breaks: readonly (() => void)[] = [
      () => writeFileSync(file(), "this is not a database, but it is long enough to be looked at as if it were one"),
      () => truncateSync(file(), 5000),
      () => {
        const database = new DatabaseSync(file());
        database.exec("PRAGMA user_version = 99");
        database.close();
      },
      () => writeFileSync(file(), ""),
    ];
    for (const broken of breaks) {
      filled();
      broken();
      const store = openStore(folder);
      assert.deepEqual([store.isNew, ids(store), store.positions()], [true, [], []], String(broken));
      store.close();
    }
  });

  it("that turns out broken later is told as such, and can be removed whole", () => {
    const store = openStore(folder);
    assert.equal(isCorrupt(Object.assign(new Error("database disk image is malformed"), { errcode: 11 })), true);
    assert.equal(isCorrupt(Object.assign(new Error("disk I/O error"), { errcode: 10 })), false);
    store.destroy();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("in a folder that cannot be one says where, and what it is for", () => {
    writeFileSync(join(folder, "in-the-way"), "");
    const other = join(folder, "in-the-way", "index");
    assert.throws(() => openStore(other), {
      code: "INDEX_UNAVAILABLE",
      message: new RegExp(`^the index in ${other} cannot be used: `),
    });
  });
});

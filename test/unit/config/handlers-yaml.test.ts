import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonOf } from "../../../src/config/handlers/json-tree.ts";
import { readYaml } from "../../../src/config/handlers/yaml-tree.ts";
import { handlersYaml } from "../../../src/config/handlers-yaml.ts";
import type { HandlerDefinition } from "../../../src/model/handler-log.ts";

/** As a handlers file makes it: a number of more than 15 digits is a text in it, so that none is lost. */
const short = (_key: string, value: unknown): unknown =>
  typeof value === "number" ? Math.round((value % 1e6) * 1000) / 1000 : value;
const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value, short)));
const texts = fc.constantFrom(
  "yes",
  "null",
  "~",
  "1.10",
  "0x1f",
  "- a",
  "a: b",
  "#c",
  " x",
  "x\n",
  "12345678901234567890",
  "&a",
  "*a",
  "!t",
  "",
);
const definitions: fc.Arbitrary<readonly HandlerDefinition[]> = fc.array(
  fc.record({ id: fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}$/), name: texts, more: json }, { noNullPrototype: true }),
);

test("what is exported reads back as the same definitions, whatever texts they hold", () => {
  fc.assert(
    fc.property(definitions, (list) => {
      const { tree, problems } = readYaml(handlersYaml(list));
      assert.deepEqual(problems, []);
      assert.ok(tree);
      assert.deepEqual(JSON.parse(JSON.stringify(jsonOf(tree))), JSON.parse(JSON.stringify({ handlers: list })));
    }),
  );
});

test("parts that are alike stand in full each time, so that each can be changed by itself", () => {
  const task = { http: { url: "http://10.0.0.5/" } };
  const yaml = handlersYaml([
    { id: "a", task },
    { id: "b", task },
  ]);
  assert.equal(yaml.match(/10\.0\.0\.5/g)?.length, 2);
  assert.doesNotMatch(yaml, /[&*]/);
});

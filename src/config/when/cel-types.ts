import { Environment } from "@marcbachmann/cel-js";
import type { Field, FieldType, RecordShape } from "../../model/record-shape.ts";
import { registerDecimal } from "./cel-decimal.ts";
import { registerMatches } from "./linear-matches.ts";

/** Bounds of an expression, checked while it is parsed. */
const limits = { maxAstNodes: 256, maxDepth: 32, maxListElements: 128, maxMapEntries: 32, maxCallArguments: 8 };

function environment(): Environment {
  const created = new Environment({ limits, homogeneousAggregateLiterals: true });
  registerDecimal(created);
  registerMatches(created);
  return created;
}

/**
 * In which expressions run: fields are looked up in what is there, so that an absent one can be told from a null one.
 */
export function runtimeEnvironment(): Environment {
  return environment().registerVariable("data", "map").registerVariable("event", "map");
}

/**
 * In which expressions are checked against one event's schema. Never used to run them. Comparisons with null are added
 * for every type, as nullable fields are typed like the others.
 */
export function checkingEnvironment(shape: RecordShape): Environment {
  const created = environment();
  for (const type of ["int", "bool", "string", "decimal", "list<dyn>", "map<dyn, dyn>"])
    registerNullEquality(created, type);
  return created.registerVariable({ name: "data", schema: schemaOf(shape.fields) }).registerVariable({
    name: "event",
    schema: { id: "string", type: "string", time: "string", source: "string", object_id: "dyn" },
  });
}

function registerNullEquality(created: Environment, type: string): void {
  // The signature's grammar has no room for "map<dyn, dyn>"; its short name is "map".
  const name = type.replace(/^(list|map)<.*$/, "$1");
  created.registerOperator(`${name} == null: bool`, () => false);
}

interface Schema {
  [name: string]: string | Schema;
}

function schemaOf(fields: readonly Field[]): Schema {
  // A record that may be null is looked into when the expression runs: its own type could not be compared with null.
  return Object.fromEntries(
    fields.map(({ name, type, nullable }) => [name, nullable && type.kind === "record" ? "map" : celType(type)]),
  );
}

function celType(type: FieldType): string | Schema {
  switch (type.kind) {
    case "boolean":
      return "bool";
    case "int":
    case "long":
      return "int";
    case "string":
      return "string";
    case "decimal":
      return "decimal";
    case "list":
      return `list<${nestedType(type.items)}>`;
    case "map":
      return `map<string, ${nestedType(type.values)}>`;
    case "record":
      return schemaOf(type.fields);
  }
}

/** Inside lists and maps a record has no type name of its own: its fields are looked up when the expression runs. */
function nestedType(type: FieldType): string {
  const name = celType(type);
  return typeof name === "string" ? name : "map";
}

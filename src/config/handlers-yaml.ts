import { stringify } from "yaml";
import type { HandlerDefinition } from "../model/handler-log.ts";

/** Definitions as a handlers file, which reads back as the same definitions. */
export function handlersYaml(definitions: readonly HandlerDefinition[]): string {
  return text({ handlers: definitions });
}

/** One definition, as an item of a handlers file has it. */
export function definitionYaml(definition: HandlerDefinition): string {
  return text(definition);
}

/** No line is folded and nothing is named and referred to: what one changes stands in one place. */
function text(value: object): string {
  return stringify(value, { version: "1.2", schema: "core", lineWidth: 0, aliasDuplicateObjects: false });
}
